import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { scriptedEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { startGateway } from '../testing/gateway.ts';
import { toUplink, uplinkClient, uplinkModel } from '../testing/uplinks.ts';

const mebi = 1024 * 1024;
const whole = 64 * mebi;
/** What kernels, TLS and streams may hold between two ends that don't read. */
const held = 24 * mebi;
const piece = Buffer.alloc(mebi, 'x');

/** Writes `whole` bytes as fast as `socket` takes them, and says how many it was given. */
function pour(socket: Socket) {
  const state = { written: 0 };
  const more = () => {
    while (state.written < whole) {
      state.written += piece.length;
      if (!socket.write(piece)) {
        socket.once('drain', more);
        return;
      }
    }
  };
  more();
  return state;
}

/** Resolves when what is written has stopped growing. */
async function settled(state: { readonly written: number }): Promise<void> {
  let last = { written: -1, at: 0 };
  await eventually(() => {
    const now = performance.now();
    if (state.written !== last.written) last = { written: state.written, at: now };
    return now - last.at > 200;
  }, 'writing to pause');
}

test('a download over an uplink to a peer that does not read is held back, then arrives whole', async () => {
  let poured: ReturnType<typeof pour> | undefined;
  await using endpoint = await scriptedEndpoint((peer) => {
    peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${whole}\r\n\r\n`);
    poured = pour(peer.socket);
  });
  await using gateway = await startGateway({ model: uplinkModel({ ports: [endpoint.port] }) });
  using client = await uplinkClient(gateway.port);
  let received = 0;
  client.socket.removeAllListeners('data');
  client.socket.pause();
  client.send(toUplink('shop'));
  await eventually(() => poured !== undefined, 'the request');
  await settled(poured as { written: number });
  assert.ok((poured?.written ?? 0) < held, `${poured?.written} bytes taken`);
  client.socket.on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  client.socket.resume();
  await eventually(() => received > whole, 'the whole body', 20_000);
});

test('an upload over an uplink to an endpoint that does not read is held back, then arrives whole', async () => {
  let received = 0;
  let first = true;
  await using endpoint = await scriptedEndpoint((peer, data) => {
    received += data.length;
    if (first) peer.socket.pause();
    first = false;
    if (received > whole) peer.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  });
  await using gateway = await startGateway({ model: uplinkModel({ ports: [endpoint.port] }) });
  using client = await uplinkClient(gateway.port);
  client.send(`POST / HTTP/1.1\r\nHost: h\r\nFicus-Uplink: shop\r\nContent-Length: ${whole}\r\n\r\n`);
  const poured = pour(client.socket);
  await eventually(() => endpoint.sockets.size === 1, 'the request');
  await settled(poured);
  assert.ok(poured.written < held, `${poured.written} bytes taken`);
  for (const socket of endpoint.sockets) socket.resume();
  await eventually(() => received > whole, 'the whole body', 20_000);
  assert.equal((await client.response('POST')).status, 200);
});
