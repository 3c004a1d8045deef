/** Tunnels of HTTP/2 clients: ends that come before the answer are not lost, and the log knows a tunnel from a page. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptFor } from '../http/websocket.ts';
import { type ScriptedSocket, scriptedEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { startGateway } from '../testing/gateway.ts';
import { h2Endpoint } from '../testing/h2-endpoint.ts';
import { block, type Field } from '../testing/h2-hpack-writer.ts';
import { H2Raw, pseudo, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';
import { endpointModel, loadBalancer } from '../testing/models.ts';

const { types, flags } = wire;
const websocket: readonly Field[] = [...pseudo('/ws', 'CONNECT'), [':protocol', 'websocket']];

/** The answer to the upgrade that `peer` was asked for; undefined before it is whole. */
function switching(peer: ScriptedSocket): string | undefined {
  const key = /\r\nsec-websocket-key: ([^\r]+)\r\n(?:[^\r]+\r\n)*\r\n/i.exec(peer.text())?.[1];
  if (key === undefined) return undefined;
  const accept = acceptFor(['sec-websocket-key', key, 'Sec-WebSocket-Key']);
  return `HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
}

const legs = { 'to its endpoint': false, 'over another gateway': true };
for (const [where, chained] of Object.entries(legs)) {
  for (const said of ['', 'last words'] as const) {
    test(`a client that ends its tunnel${said && ' after last words'} before the answer, ${where}`, async () => {
      let asked: ScriptedSocket | undefined;
      let ended = false;
      await using endpoint = await scriptedEndpoint((peer) => {
        if (asked !== undefined) return;
        asked = peer;
        peer.socket.on('end', () => {
          ended = true;
        });
      });
      await using child = await startGateway({ ports: [endpoint.port] });
      await using parent = await startGateway({
        services: [loadBalancer('s', [endpointModel(child.port, { scheme: 'h2c' })])],
      });
      using client = await H2Raw.connect(chained ? parent.port : child.port);
      const id = client.takeId();
      const open = wire.frame(types.headers, flags.endHeaders, id, block(websocket));
      client.send(Buffer.concat([open, wire.data(id, said, true)]));
      await client.roundTrip();
      await eventually(() => asked !== undefined && switching(asked) !== undefined, 'the upgrade');
      asked?.send(switching(asked) ?? '');
      await client.until(() => client.stream(id).blocks.length > 0, 'the answer');
      assert.equal(statusOf(client.stream(id)), 200);
      await eventually(() => ended, 'the end at the endpoint');
      assert.ok(asked?.text().endsWith(`\r\n\r\n${said}`), 'what it said, once');
      // Node's sockets answer an end with an end.
      assert.ok((await client.outcome(id)).ended);
    });
  }
}

test('a tunnel is 101 in the counters, as it is over HTTP/1.1', async () => {
  await using endpoint = await scriptedEndpoint((peer) => {
    const answer = switching(peer);
    if (answer !== undefined) peer.send(answer);
  });
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await H2Raw.connect(gateway.port);
  const id = client.open(websocket, false);
  await client.until(() => client.stream(id).blocks.length > 0, 'the answer');
  assert.equal(statusOf(client.stream(id)), 200, 'to the client it is what RFC 8441 says');
  const [entryPoint] = (await gateway.plane.stats()).entryPoints;
  assert.deepEqual(entryPoint?.codes, { 101: 1 });
});

test('an answer that ends at once after the switch is whole', async () => {
  await using endpoint = await scriptedEndpoint((peer) => {
    const answer = switching(peer);
    if (answer === undefined) return;
    peer.send(`${answer}hello`);
    peer.socket.end();
  });
  await using child = await startGateway({ ports: [endpoint.port] });
  await using parent = await startGateway({
    services: [loadBalancer('s', [endpointModel(child.port, { scheme: 'h2c' })])],
  });
  for (const { port } of [child, parent]) {
    using client = await H2Raw.connect(port);
    const view = await client.outcome(client.open(websocket, false));
    assert.equal(statusOf(view), 200);
    assert.equal(String(view.body), 'hello');
    assert.ok(view.ended);
  }
});

test('the last words of a client that leaves are told in full, however slowly they are read', async () => {
  const bytes = 40_000;
  await using endpoint = await h2Endpoint({
    credits: false,
    settings: [
      [wire.settings.enableConnectProtocol, 1],
      [wire.settings.initialWindowSize, 1000],
    ],
    head: (peer, view) => peer.headers(view.id, [[':status', '200']], false),
  });
  await using gateway = await startGateway({
    services: [loadBalancer('s', [endpointModel(endpoint.port, { scheme: 'h2c' })])],
  });
  using client = await H2Raw.connect(gateway.port);
  const id = client.open(websocket, false);
  await client.until(() => client.stream(id).blocks.length > 0, 'the answer');
  for (let left = bytes; left > 0; left -= 10_000)
    client.send(wire.data(id, Buffer.alloc(10_000, 'x'), left === 10_000));
  await client.roundTrip();
  client.socket.end();
  await client.untilClosed();
  const peer = endpoint.peers[0];
  peer?.send(wire.windowUpdate(1, bytes));
  await peer?.until(() => peer.stream(1).ended || peer.stream(1).reset !== undefined, 'its end');
  assert.equal(peer?.stream(1).reset, undefined);
  assert.equal(peer?.stream(1).body.length, bytes);
});
