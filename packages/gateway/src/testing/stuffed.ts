/** A client that reads nothing, on an HTTP/2 connection that is full, and what its gateway writes to it. */
import { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { type RecordingEndpoint, recordingEndpoint } from './endpoints.ts';
import { eventually } from './eventually.ts';
import { startGateway, type TestGateway } from './gateway.ts';
import { H2Raw, pseudo } from './h2-raw.ts';
import * as wire from './h2-wire.ts';
import type { ManualClock } from './manual-clock.ts';

/** Sizes of what this process writes to sockets whose peer has the port that `port` says, from now on. */
export function writesTo(t: TestContext, port: () => number | undefined): readonly number[] {
  const writes: number[] = [];
  const write = Socket.prototype.write;
  t.mock.method(Socket.prototype, 'write', function (this: Socket, ...args: Parameters<typeof write>) {
    if (this.remotePort === port()) writes.push((args[0] as unknown as Buffer).length);
    return write.apply(this, args);
  });
  return writes;
}

export interface Stuffed {
  readonly gateway: TestGateway;
  /** Answers everything with an empty body. */
  readonly endpoint: RecordingEndpoint;
  /** Does not read until its socket is resumed. */
  readonly client: H2Raw;
  /** Sizes of the gateway's writes to it. */
  readonly writes: readonly number[];
}

/** Runs `run` when more was written to the client than its socket takes, and no request of it is open. */
export async function stuffed(
  t: TestContext,
  clock: ManualClock,
  run: (stuffed: Stuffed) => Promise<void>,
): Promise<void> {
  const bytes = 20_000_000;
  await using endpoint = await recordingEndpoint((request, response) => {
    if (request.url === '/big') response.end(Buffer.alloc(bytes));
    else response.end();
  });
  await using gateway = await startGateway({ ports: [endpoint.port], clock });
  using client = await H2Raw.connect(gateway.port, {
    credits: false,
    settings: [[wire.settings.initialWindowSize, 2 * bytes]],
  });
  const writes = writesTo(t, () => client.socket.localPort);
  client.send(wire.windowUpdate(0, 2 * bytes));
  client.socket.pause();
  const big = client.open(pseudo('/big'));
  let seen = -1;
  let quiet = 0;
  await eventually(() => {
    quiet = writes.length > 0 && writes.length === seen ? quiet + 1 : 0;
    seen = writes.length;
    return quiet === 50;
  }, 'a connection that takes no more');
  client.send(wire.rst(big));
  await run({ gateway, endpoint, client, writes });
}
