/** A stream that was never opened is never spoken of: its reset would cost the whole connection (RFC 9113 §6.4). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGateway } from '../testing/gateway.ts';
import { h2Endpoint } from '../testing/h2-endpoint.ts';
import { block, type Field } from '../testing/h2-hpack-writer.ts';
import { fieldOf } from '../testing/h2-peer.ts';
import { H2Raw, pseudo, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';
import { endpointModel, loadBalancer } from '../testing/models.ts';

const { types, flags, settings } = wire;
const websocket: readonly Field[] = [...pseudo('/ws', 'CONNECT'), [':protocol', 'websocket']];

for (const [what, fields, more] of [
  ['a WebSocket', websocket, 0],
  ['a request', pseudo('/gone'), flags.endStream],
  ['an upload', pseudo('/gone', 'POST'), 0],
] as const) {
  test(`${what} that is asked for and reset in one read`, async () => {
    await using endpoint = await h2Endpoint({
      settings: [[settings.enableConnectProtocol, 1]],
      whole: (peer, view) => {
        if (fieldOf(view, ':path') === '/ok') peer.respond(view.id);
      },
    });
    await using gateway = await startGateway({
      services: [loadBalancer('s', [endpointModel(endpoint.port, { scheme: 'h2c' })])],
    });
    using other = await H2Raw.connect(gateway.port);
    assert.equal(statusOf(await other.get('/ok')), 200);
    const upload = other.open(pseudo('/ok', 'POST'), false);
    using client = await H2Raw.connect(gateway.port);
    for (let i = 0; i < 3; i++) {
      const id = client.takeId();
      const head = wire.frame(types.headers, flags.endHeaders | more, id, block(fields));
      client.send(Buffer.concat([head, wire.rst(id)]));
      await client.roundTrip();
    }
    assert.equal(statusOf(await other.get('/ok')), 200);
    const peer = endpoint.peers[0];
    const opened = new Set<number>();
    for (const { type, stream } of peer?.frames ?? []) {
      if (type === types.headers) opened.add(stream);
      if (type === types.rst) assert.ok(opened.has(stream), `RST_STREAM on stream ${stream}`);
    }
    other.send(wire.data(upload, '', true));
    assert.equal(statusOf(await other.outcome(upload)), 200, 'others on the same connection');
    assert.equal(endpoint.peers.length, 1);
  });
}
