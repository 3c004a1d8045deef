import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { scriptedEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { startGateway } from '../testing/gateway.ts';
import { rawClient } from '../testing/raw-client.ts';

const mebi = 1024 * 1024;
/** What kernels and streams may hold between two ends that don't read. */
const held = 24 * mebi;

/** Writes `pieces` pieces of `size` bytes, no two alike, as fast as `socket` takes them. */
function pour(socket: Socket, size: number, pieces: number) {
  const state = { written: 0, hash: createHash('sha256') };
  const more = () => {
    while (state.written < pieces) {
      const piece = Buffer.alloc(size, `piece ${state.written++} of ${size}`);
      state.hash.update(piece);
      if (!socket.write(piece)) {
        socket.once('drain', more);
        return;
      }
    }
  };
  more();
  return state;
}

/** Takes the body behind a head from `socket`, with a pause after every 2 MiB. */
function sipping(socket: Socket) {
  const state = { received: 0, hash: createHash('sha256') };
  let head = '';
  let inBody = false;
  return Object.assign(state, {
    take(piece: Buffer) {
      if (!inBody) {
        head += piece.toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        inBody = true;
        piece = Buffer.from(head.slice(end + 4), 'latin1');
      }
      const before = state.received;
      state.received += piece.length;
      state.hash.update(piece);
      if (Math.floor(before / (2 * mebi)) === Math.floor(state.received / (2 * mebi))) return;
      socket.pause();
      setTimeout(() => socket.resume(), 15);
    },
  });
}

for (const size of [700, 8192, 65_536]) {
  const pieces = Math.ceil((24 * mebi) / size);

  test(`a download in pieces of ${size} to a client that reads in fits and starts arrives whole`, async () => {
    let poured: ReturnType<typeof pour> | undefined;
    await using endpoint = await scriptedEndpoint((peer) => {
      peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${pieces * size}\r\n\r\n`);
      poured = pour(peer.socket, size, pieces);
    });
    await using gateway = await startGateway({ ports: [endpoint.port] });
    using client = await rawClient(gateway.port);
    client.socket.removeAllListeners('data');
    const sip = sipping(client.socket);
    client.socket.on('data', (piece: Buffer) => sip.take(piece));
    client.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    await eventually(() => sip.received >= pieces * size, 'the whole body', 6000);
    assert.equal(sip.hash.digest('hex'), poured?.hash.digest('hex'));
  });

  test(`an upload in pieces of ${size} to an endpoint that reads in fits and starts arrives whole`, async () => {
    let sip: ReturnType<typeof sipping> | undefined;
    await using endpoint = await scriptedEndpoint((peer, piece) => {
      sip ??= sipping(peer.socket);
      sip.take(piece);
    });
    await using gateway = await startGateway({ ports: [endpoint.port] });
    using client = await rawClient(gateway.port);
    client.send(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${pieces * size}\r\n\r\n`);
    const poured = pour(client.socket, size, pieces);
    await eventually(() => (sip?.received ?? 0) >= pieces * size, 'the whole body', 6000);
    assert.equal(sip?.hash.digest('hex'), poured.hash.digest('hex'));
  });
}

test('a client that does not read stops the endpoint', async () => {
  let poured: ReturnType<typeof pour> | undefined;
  await using endpoint = await scriptedEndpoint((peer) => {
    peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${64 * mebi}\r\n\r\n`);
    poured = pour(peer.socket, 65_536, 1024);
  });
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await rawClient(gateway.port);
  client.socket.pause();
  client.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  await settled(() => poured?.written ?? 0);
  const bytes = (poured?.written ?? 0) * 65_536;
  assert.ok(bytes < held, `${bytes} bytes went in`);
});

test('an endpoint that does not read stops the client', async () => {
  await using endpoint = await scriptedEndpoint((peer) => peer.socket.pause());
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await rawClient(gateway.port);
  client.send(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${64 * mebi}\r\n\r\n`);
  const poured = pour(client.socket, 65_536, 1024);
  await settled(() => poured.written);
  assert.ok(poured.written * 65_536 < held, `${poured.written * 65_536} bytes went in`);
});

/** Resolves when `value` has stopped changing. */
async function settled(value: () => number): Promise<void> {
  let last = -1;
  let same = 0;
  while (same < 10) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    same = value() === last && last > 0 ? same + 1 : 0;
    last = value();
  }
}
