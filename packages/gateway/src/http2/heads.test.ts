/** Heads that an endpoint would not take are refused before they cost anybody a connection. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uplinkHttp2Limits } from '../model/resolve-http2.ts';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { startGateway } from '../testing/gateway.ts';
import { h2Endpoint } from '../testing/h2-endpoint.ts';
import { block, type Field } from '../testing/h2-hpack-writer.ts';
import { H2Raw, pseudo, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';
import { endpointModel, limits, loadBalancer } from '../testing/models.ts';
import { exchange } from '../testing/raw-client.ts';

const { types, settings } = wire;
const h2c = (port: number) => [loadBalancer('s', [endpointModel(port, { scheme: 'h2c' })])];
const longHost = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(60)).join('.');
/** As RFC 9113 §6.5.2 counts. */
const listBytes = (fields: readonly Field[]) =>
  fields.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);

/** HEADERS and as many CONTINUATIONs as it takes. */
function head(stream: number, fields: readonly Field[]): Buffer {
  const bytes = block(fields);
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 16_384) {
    const type = at === 0 ? types.headers : types.continuation;
    const last = at + 16_384 >= bytes.length ? wire.flags.endHeaders : 0;
    const flags = last | (at === 0 ? wire.flags.endStream : 0);
    frames.push(wire.frame(type, flags, stream, bytes.subarray(at, at + 16_384)));
  }
  return Buffer.concat(frames);
}

/** The fields of a request whose list is `bytes` long. */
function fieldsOf(bytes: number): Field[] {
  const fields = pseudo('/large', 'GET', longHost);
  return [...fields, ['x', 'x'.repeat(bytes - listBytes(fields) - 33)]];
}

/** A parent, its child over h2c, and another client's upload in flight that must not notice `attack`. */
async function bystander(attack: (port: number) => Promise<number>, status: number): Promise<void> {
  await using endpoint = await h2Endpoint();
  const child = { ...limits.http2, maxHeaderListBytes: uplinkHttp2Limits.maxHeaderListBytes };
  for (const http2 of [limits.http2, child]) {
    await using far = await startGateway({ services: h2c(endpoint.port), limits: { http2 } });
    await using near = await startGateway({ services: h2c(far.port) });
    using other = await H2Raw.connect(near.port);
    const upload = other.open(pseudo('/upload', 'POST'), false);
    other.send(wire.data(upload, 'one, '));
    await other.roundTrip();
    assert.equal(await attack(near.port), http2 === child ? 200 : status);
    other.send(wire.data(upload, 'two', true));
    assert.equal(statusOf(await other.outcome(upload)), 200, 'another client on the same connection');
    assert.equal((await far.plane.stats()).connections.accepted, 1);
  }
}

test('the longest head over HTTP/2: refused where the other end takes no more, served on an uplink', async () => {
  await bystander(async (port) => {
    using client = await H2Raw.connect(port);
    const id = client.takeId();
    client.send(head(id, fieldsOf(limits.http2.maxHeaderListBytes)));
    return statusOf(await client.outcome(id));
  }, 431);
});

test('the longest head over HTTP/1.1: refused where the other end takes no more, served on an uplink', async () => {
  await bystander(async (port) => {
    const start = `GET /large HTTP/1.1\r\nHost: ${longHost}\r\nx: `;
    const request = `${start}${'x'.repeat(limits.maxHeaderBytes - start.length - 4)}\r\n\r\n`;
    return (await exchange(port, request)).status;
  }, 431);
});

for (const more of [1, 1000]) {
  test(`a list ${more} bytes too long is 431, and its connection goes on`, async () => {
    await using endpoint = await recordingEndpoint();
    await using gateway = await startGateway({ ports: [endpoint.port] });
    using client = await H2Raw.connect(gateway.port);
    const id = client.takeId();
    client.send(head(id, fieldsOf(limits.http2.maxHeaderListBytes + more)));
    assert.equal(statusOf(await client.outcome(id)), 431);
    assert.equal(statusOf(await client.get()), 200);
  });
}

test('an endpoint that says how little it takes is not sent more', async () => {
  await using endpoint = await h2Endpoint({ settings: [[settings.maxHeaderListSize, 2000]] });
  await using gateway = await startGateway({ services: h2c(endpoint.port) });
  using client = await H2Raw.connect(gateway.port);
  assert.equal(statusOf(await client.get('/small')), 200);
  assert.equal(statusOf(await client.get('/large', [['x', 'x'.repeat(2000)]])), 431);
  assert.equal(statusOf(await client.get('/small')), 200);
  assert.deepEqual(endpoint.requests, ['GET /small', 'GET /small']);
  assert.equal(endpoint.peers.length, 1);
  const [service] = (await gateway.plane.stats()).services;
  assert.equal(service?.failures, 0, 'the client is at fault, not the endpoint');
});

test('a head that fits no block leaves no trace on its connection', async () => {
  await using endpoint = await h2Endpoint();
  await using gateway = await startGateway({
    services: h2c(endpoint.port),
    limits: { maxHeaderBytes: 300_000 },
  });
  using client = await H2Raw.connect(gateway.port);
  assert.equal(statusOf(await client.get('/before')), 200);
  const large = `GET /large HTTP/1.1\r\nHost: h\r\nx: ${'x'.repeat(140_000)}\r\n\r\n`;
  assert.equal((await exchange(gateway.port, large)).status, 431);
  assert.equal(statusOf(await client.get('/after')), 200);
  assert.equal(endpoint.peers.length, 1);
  assert.ok(!endpoint.peers[0]?.frames.some(({ type }) => type === types.rst), 'no reset of an idle stream');
});
