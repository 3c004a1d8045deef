/** Ports that nobody uses. */
import { createServer } from 'node:net';

/** Below Linux's ephemeral range, so that no outgoing connection takes one between choosing and listening. */
const first = 12_000;
const last = 32_000;
const given = new Set<number>();

/** A port of 127.0.0.1 that is free now and that this process has not given before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = first + Math.floor(Math.random() * (last - first));
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
