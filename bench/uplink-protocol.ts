/** Finds out which HTTP version a pair's uplink really speaks, so that a silent fallback is never a figure. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { BenchError } from './bench-error.ts';
import { connectionsTo } from './connections.ts';
import type { RunningGateway } from './peers/gateway.ts';

/** Requests held open at once; HTTP/1.1 needs as many connections, HTTP/2 one or a few. */
const REQUESTS = 24;
const DEADLINE_MS = 10_000;

/**
 * Holds requests open through `gateway` (`GET /hold` of the bench's endpoints begins an answer and never ends it in
 * time) and counts the connections of the uplink: requests that share connections can't be HTTP/1.1, and requests
 * with one each have no use of HTTP/2.
 */
export async function uplinkProtocol(
  { url }: RunningGateway,
  uplinkPort: number,
): Promise<{ readonly protocol: 'pair-h1' | 'pair-h2'; readonly connections: number }> {
  const { hostname, port, host } = new URL(url);
  const sockets = Array.from({ length: REQUESTS }, () => connect(Number(port), hostname));
  try {
    await Promise.all(
      sockets.map(async (socket) => {
        socket.write(`GET /hold HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
        const [begin] = await once(socket, 'data', { signal: AbortSignal.timeout(DEADLINE_MS) });
        // The answer's head proves that the request is with the endpoint and not in a queue.
        if (!String(begin).startsWith('HTTP/1.1 200')) throw new Error(String(begin).slice(0, 80));
      }),
    );
    const connections = connectionsTo(uplinkPort);
    return { protocol: connections >= REQUESTS ? 'pair-h1' : 'pair-h2', connections };
  } catch (error) {
    throw new BenchError(
      `${REQUESTS} requests could not be held open to see what the uplink speaks: ${error}`,
    );
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}
