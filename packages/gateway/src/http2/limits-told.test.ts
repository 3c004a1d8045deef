/** Rates of frames: who keeps to them is not turned away, and whoever is turned away can be told which key it was. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uplinkHttp2Limits } from '../model/resolve-http2.ts';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { startGateway } from '../testing/gateway.ts';
import { h2Endpoint } from '../testing/h2-endpoint.ts';
import { block } from '../testing/h2-hpack-writer.ts';
import { H2Raw, pseudo, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { endpointModel, limits, loadBalancer } from '../testing/models.ts';

const { errors, types } = wire;
/** HEADERS and RST_STREAM at once. */
function abandoned(client: H2Raw): Buffer {
  const id = client.takeId();
  const head = wire.frame(types.headers, wire.flags.endHeaders, id, block(pseudo('/', 'POST')));
  return Buffer.concat([head, wire.rst(id)]);
}

const floods: readonly (readonly [key: string, what: string, flood: (client: H2Raw) => readonly Buffer[]])[] =
  [
    ['maxPingsPerSecond', 'PING frames', () => Array.from({ length: 60 }, () => wire.ping())],
    ['maxSettingsPerSecond', 'SETTINGS', () => Array.from({ length: 30 }, () => wire.settingsFrame([]))],
    ['maxResetsPerSecond', 'resets', (client) => Array.from({ length: 210 }, () => abandoned(client))],
    [
      'maxEmptyFramesPerSecond',
      'empty frames',
      () => Array.from({ length: 510 }, () => wire.frame(types.priorityUpdate, 0, 0, '\0\0\0\x01u=1')),
    ],
  ];

for (const [key, what, flood] of floods) {
  test(`too many ${what}: the log and GOAWAY name http2.${key}`, async () => {
    await using endpoint = await recordingEndpoint();
    await using gateway = await startGateway({ ports: [endpoint.port], clock: new ManualClock() });
    using client = await H2Raw.connect(gateway.port);
    client.send(...flood(client));
    const goaway = await client.nextFrame((one) => wire.codeOf(one) === errors.calm);
    const most = limits.http2[key as keyof typeof limits.http2];
    const told = new RegExp(`more than ${most} .*${what}.* \\(http2\\.${key}\\)`);
    assert.match(goaway.payload.toString('latin1', 8), told);
    await eventually(() => gateway.log.some(({ fields }) => fields['code'] === 'client.abuse'), 'a log line');
    const line = gateway.log.find(({ fields }) => fields['code'] === 'client.abuse');
    assert.match(String(line?.fields['detail']), told);
  });
}

test('a thousand PINGs in a second beside DATA are answered, as gRPC measures its way', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ ports: [endpoint.port], clock: new ManualClock() });
  using client = await H2Raw.connect(gateway.port);
  const id = client.open(pseudo('/', 'POST'), false);
  for (let i = 0; i < 1000; i++) client.send(wire.data(id, 'x'), wire.ping());
  client.send(wire.data(id, '', true));
  assert.equal(statusOf(await client.outcome(id)), 200);
  const answered = client.frames.filter(({ type, flags }) => type === types.ping && flags === wire.flags.ack);
  assert.equal(answered.length, 1000);
});

test('so are those of an endpoint', async () => {
  const count = 500;
  await using endpoint = await h2Endpoint({
    whole: (peer, view) => {
      peer.headers(view.id, [[':status', '200']], false);
      for (let i = 0; i < count; i++) peer.send(wire.data(view.id, 'x', i === count - 1), wire.ping());
    },
  });
  await using gateway = await startGateway({
    clock: new ManualClock(),
    services: [loadBalancer('s', [endpointModel(endpoint.port, { scheme: 'h2c' })])],
  });
  using client = await H2Raw.connect(gateway.port);
  assert.equal((await client.get()).body.length, count);
  await endpoint.peers[0]?.roundTrip();
  assert.equal((await client.get()).body.length, count);
  assert.equal(endpoint.peers.length, 1, 'over the same connection');
});

test('even beside DATA ten thousand PINGs in a second are the end', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ ports: [endpoint.port], clock: new ManualClock() });
  using client = await H2Raw.connect(gateway.port);
  const id = client.open(pseudo('/', 'POST'), false);
  const pair = Buffer.concat([wire.data(id, 'x'), wire.ping()]);
  client.send(Buffer.concat(Array.from({ length: 10_100 }, () => pair)));
  assert.equal(await client.goaway(), errors.calm);
});

test('a parent hands on the resets of its clients, however many: an uplink counts none', async () => {
  assert.equal(uplinkHttp2Limits.maxResetsPerSecond, 0);
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({
    ports: [endpoint.port],
    clock: new ManualClock(),
    limits: { http2: { ...uplinkHttp2Limits } },
  });
  using client = await H2Raw.connect(gateway.port);
  for (let i = 0; i < 20; i++)
    client.send(Buffer.concat(Array.from({ length: 100 }, () => abandoned(client))));
  assert.equal(statusOf(await client.get()), 200);
  assert.equal(client.closed, false);
});

for (const [what, stream, payload, code] of [
  ['on a stream', 1, '\0\0\0\x01u=1', errors.protocol],
  ['of two bytes', 0, '\0\0', errors.frameSize],
] as const) {
  test(`PRIORITY_UPDATE ${what} is an error (RFC 9218 §7.1)`, async () => {
    await using endpoint = await recordingEndpoint();
    await using gateway = await startGateway({ ports: [endpoint.port] });
    using client = await H2Raw.connect(gateway.port);
    client.open();
    client.send(wire.frame(types.priorityUpdate, 0, stream, payload));
    assert.equal(await client.goaway(), code);
  });
}

test('PRIORITY_UPDATE of a stream that is to come is read and means nothing', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await H2Raw.connect(gateway.port);
  client.send(wire.frame(types.priorityUpdate, 0, 0, '\0\0\0\x07u=1, i'));
  assert.equal(statusOf(await client.get()), 200);
});

test('streams beyond a limit that the client has not heard of are refused, not held against it', async () => {
  await using endpoint = await recordingEndpoint(() => undefined);
  await using gateway = await startGateway({ ports: [endpoint.port], clock: new ManualClock() });
  using client = await H2Raw.connect(gateway.port, { acks: false });
  const most = limits.http2.maxConcurrentStreams;
  const ids = Array.from({ length: most + limits.http2.maxResetsPerSecond + 10 }, () =>
    client.open(pseudo('/', 'POST'), false),
  );
  await client.roundTrip();
  for (const id of ids.slice(most)) assert.equal(client.stream(id).reset, errors.refusedStream);
  assert.equal(client.closed, false);
});
