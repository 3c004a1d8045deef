/** A reset of one stream is that request's failure, not its connection's goodbye. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { startGateway } from '../testing/gateway.ts';
import { h2Endpoint } from '../testing/h2-endpoint.ts';
import { fieldOf } from '../testing/h2-peer.ts';
import { H2Raw, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';
import { endpointModel, loadBalancer } from '../testing/models.ts';

const { errors } = wire;

/** Resets all but `/ok`. */
const resetting = (code: number) =>
  h2Endpoint({
    whole: (peer, view) => {
      if (fieldOf(view, ':path') === '/ok') peer.respond(view.id);
      else peer.send(wire.rst(view.id, code));
    },
  });

for (const [name, code] of [
  ['INTERNAL_ERROR', errors.internal],
  ['CANCEL', errors.cancel],
  ['PROTOCOL_ERROR', errors.protocol],
] as const) {
  test(`${name} of a live endpoint counts: it is a failure, and a GET goes to another endpoint`, async () => {
    await using endpoint = await resetting(code);
    await using spare = await recordingEndpoint();
    const endpoints = [endpointModel(endpoint.port, { scheme: 'h2c' }), endpointModel(spare.port)];
    await using gateway = await startGateway({ services: [loadBalancer('s', endpoints)] });
    using client = await H2Raw.connect(gateway.port);
    for (let i = 0; i < 2; i++) assert.equal(statusOf(await client.get('/ok')), 200);
    for (let i = 0; i < 2; i++) assert.equal(statusOf(await client.get('/bad')), 200);
    const bad = endpoint.requests.filter((request) => request === 'GET /bad').length;
    assert.equal(bad, 1, 'not sent to the same endpoint again');
    assert.equal((await gateway.plane.stats()).services[0]?.failures, 1);
    assert.equal(endpoint.peers.length, 1, 'its connection goes on');
  });
}

test('with no other endpoint it is 502, and each time it was sent counts', async () => {
  await using endpoint = await resetting(errors.internal);
  await using gateway = await startGateway({
    services: [loadBalancer('s', [endpointModel(endpoint.port, { scheme: 'h2c' })])],
  });
  using client = await H2Raw.connect(gateway.port);
  assert.equal(statusOf(await client.get('/ok')), 200);
  assert.equal(statusOf(await client.get('/bad')), 502);
  const bad = endpoint.requests.filter((request) => request === 'GET /bad').length;
  assert.equal((await gateway.plane.stats()).services[0]?.failures, bad);
});

test('REFUSED_STREAM is a goodbye: nothing was done, and nobody failed', async () => {
  let refusals = 0;
  await using endpoint = await h2Endpoint({
    whole: (peer, view) => {
      if (fieldOf(view, ':path') === '/ok' || refusals > 0) peer.respond(view.id);
      else {
        refusals++;
        peer.send(wire.rst(view.id, errors.refusedStream));
      }
    },
  });
  await using gateway = await startGateway({
    services: [loadBalancer('s', [endpointModel(endpoint.port, { scheme: 'h2c' })])],
  });
  using client = await H2Raw.connect(gateway.port);
  assert.equal(statusOf(await client.get('/ok')), 200);
  assert.equal(statusOf(await client.get('/x')), 200);
  assert.equal(refusals, 1);
  assert.equal((await gateway.plane.stats()).services[0]?.failures, 0);
});
