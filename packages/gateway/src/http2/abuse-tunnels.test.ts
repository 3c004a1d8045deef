/** Extended CONNECT (RFC 8441) as a weapon: tunnels half closed, broken off, never read, never answered. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { type ScriptedSocket, scriptedEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { startGateway } from '../testing/gateway.ts';
import type { Field } from '../testing/h2-hpack-writer.ts';
import { H2Raw, pseudo, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';

const { types, flags, errors, settings } = wire;
const connect: readonly Field[] = [...pseudo('/chat', 'CONNECT'), [':protocol', 'websocket']];
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** The answer to an upgrade whose head is at the start of `text`. */
function switched(text: string): string {
  const key = /\r\nsec-websocket-key: ([^\r]+)\r\n/i.exec(text)?.[1] ?? '';
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  return `HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
}

/** Switches protocols for `/chat`, then echoes; answers everything else. */
function echo(peer: ScriptedSocket, piece: Buffer): void {
  const text = peer.text();
  const head = text.indexOf('\r\n\r\n') + 4;
  if (head < 4) return;
  if (!text.startsWith('GET /chat ')) peer.send(ok);
  else if (text.length - piece.length >= head) peer.send(piece);
  else peer.send(switched(text) + text.slice(head));
}

async function arena(script = echo) {
  const endpoint = await scriptedEndpoint(script);
  const gateway = await startGateway({ ports: [endpoint.port] });
  const client = await H2Raw.connect(gateway.port);
  return {
    endpoint,
    gateway,
    client,
    /** Nothing in flight, and no socket to the endpoint but idle ones. */
    async settled(sockets: number) {
      await eventually(
        () => endpoint.sockets.size <= sockets,
        `${sockets} sockets, not ${endpoint.sockets.size}`,
      );
      for (const end = performance.now() + 5000; (await gateway.plane.stats()).requests.inFlight > 0; )
        assert.ok(performance.now() < end, 'a request is left in flight');
    },
    async [Symbol.asyncDispose]() {
      client.socket.destroy();
      await gateway[Symbol.asyncDispose]();
      await endpoint[Symbol.asyncDispose]();
    },
  };
}

test('a tunnel carries bytes, and its end ends both sides', async () => {
  await using t = await arena();
  const id = t.client.open(connect, false);
  t.client.send(wire.data(id, 'early '));
  await t.client.until(() => t.client.stream(id).blocks.length > 0, 'the tunnel');
  t.client.send(wire.data(id, 'late'));
  await t.client.until(() => String(t.client.stream(id).body) === 'early late', 'the echo');
  t.client.send(wire.data(id, '', true));
  await t.client.outcome(id);
  await t.settled(0);
});

test('a tunnel asked for with END_STREAM holds nothing', async () => {
  await using t = await arena();
  for (let i = 0; i < 20; i++) t.client.open(connect, true);
  await t.client.roundTrip();
  await t.settled(0);
  assert.equal(statusOf(await t.client.get('/fine')), 200);
});

test('a tunnel that the client resets is gone at the endpoint', async () => {
  await using t = await arena();
  const id = t.client.open(connect, false);
  await t.client.until(() => t.client.stream(id).blocks.length > 0, 'the tunnel');
  t.client.send(wire.rst(id));
  await t.settled(0);
});

test('a tunnel reset before it is open is gone at the endpoint', async () => {
  await using t = await arena(() => undefined);
  const id = t.client.open(connect, false);
  t.client.send(wire.data(id, 'x'.repeat(100)));
  await eventually(() => t.endpoint.sockets.size === 1, 'the endpoint to be asked');
  t.client.send(wire.rst(id));
  await t.settled(0);
});

test('trailers in a tunnel end it', async () => {
  await using t = await arena();
  const id = t.client.open(connect, false);
  await t.client.until(() => t.client.stream(id).blocks.length > 0, 'the tunnel');
  t.client.headers(id, [['x', 'y']]);
  await t.client.outcome(id);
  await t.settled(0);
});

test('an endpoint that will not switch is an ordinary answer, and what came early goes nowhere', async () => {
  await using t = await arena((peer) => {
    if (peer.text().includes('\r\n\r\n')) peer.send('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
  });
  const id = t.client.open(connect, false);
  t.client.send(wire.data(id, 'GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n'));
  const view = await t.client.outcome(id);
  assert.deepEqual([statusOf(view), String(view.body)], [403, 'no']);
  await t.settled(1);
  assert.doesNotMatch(t.endpoint.seen(), /smuggled/);
});

test('a tunnel that the client does not read is held back, not kept in memory', {
  timeout: 20_000,
}, async () => {
  let sent = 0;
  await using endpoint = await scriptedEndpoint((peer) => {
    peer.send(switched(peer.text()));
    const piece = Buffer.alloc(65_536);
    const pour = () => {
      while (sent < 64 * 2 ** 20 && !peer.socket.destroyed) {
        sent += piece.length;
        if (!peer.socket.write(piece)) break;
      }
    };
    peer.socket.on('drain', pour);
    pour();
  });
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await H2Raw.connect(gateway.port, {
    credits: false,
    settings: [[settings.initialWindowSize, 0]],
  });
  const id = client.open(connect, false);
  await client.until(() => client.stream(id).blocks.length > 0, 'the tunnel');
  for (let last = -1; last !== sent; ) {
    last = sent;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  // The kernel holds some; the gateway next to nothing.
  assert.ok(sent < 24 * 2 ** 20, `${sent} bytes went somewhere`);
  client.send(wire.windowUpdate(id, 1000));
  await client.until(() => client.stream(id).body.length === 1000, 'the first of it');
});

test('websocket fields of the client’s own change nothing', async () => {
  await using t = await arena();
  const id = t.client.open(
    [...connect, ['sec-websocket-key', 'evil'], ['sec-websocket-accept', 'evil'], ['content-length', '5']],
    false,
  );
  const view = t.client.stream(id);
  await t.client.until(() => view.blocks.length > 0 || view.reset !== undefined, 'an answer');
  if (view.reset === undefined) {
    const keys = t.endpoint.seen().match(/sec-websocket-key: /gi) ?? [];
    assert.equal(keys.length, 1, 'one key');
    assert.doesNotMatch(t.endpoint.seen(), /content-length/i);
  } else assert.equal(view.reset, errors.protocol);
});

test('frames that no tunnel may have', async () => {
  for (const frame of [
    (id: number) => wire.frame(types.headers, flags.endHeaders, id, ''),
    (id: number) => wire.frame(types.windowUpdate, 0, id, Buffer.alloc(4)),
    (id: number) => wire.windowUpdate(id, 0x7fffffff),
  ]) {
    await using t = await arena();
    const id = t.client.open(connect, false);
    await t.client.until(() => t.client.stream(id).blocks.length > 0, 'the tunnel');
    t.client.send(frame(id));
    assert.equal(typeof (await t.client.outcome(id)).reset, 'number');
    await t.settled(0);
    assert.equal(statusOf(await t.client.get('/fine')), 200);
  }
});
