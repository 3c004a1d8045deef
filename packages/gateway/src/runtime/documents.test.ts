import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../testing/eventually.ts';
import { startGateway } from '../testing/gateway.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { child, parentUri, root, uplinkClient, uplinkModel } from '../testing/uplinks.ts';

const path = '/.well-known/ficus';
const get = (fields = '', target = path) => `GET ${target} HTTP/1.1\r\nHost: h\r\n${fields}\r\n`;
const document = (body: string) => ({ path, body, heartbeatMs: 1000 });

test('a document has an ETag, and is not sent again to who has it', async () => {
  await using gateway = await startGateway({ model: uplinkModel({ ports: [] }) });
  gateway.plane.publish(document('{"v":1}'));
  using client = await uplinkClient(gateway.port);
  client.send(get());
  const first = await client.response();
  assert.deepEqual([first.status, first.body.toString()], [200, '{"v":1}']);
  const etag = String(first.headers['etag']);
  client.send(get(`If-None-Match: ${etag}\r\n`));
  const again = await client.response();
  assert.deepEqual([again.status, again.body.length, again.headers['etag']], [304, 0, etag]);
  gateway.plane.publish(document('{"v":2}'));
  client.send(get(`If-None-Match: ${etag}\r\n`));
  const changed = await client.response();
  assert.deepEqual([changed.status, changed.body.toString()], [200, '{"v":2}']);
  assert.notEqual(changed.headers['etag'], etag);
});

test('a document is for peers only, and is only read', async () => {
  await using gateway = await startGateway({ model: uplinkModel({ ports: [] }) });
  gateway.plane.publish(document('{"v":1}'));
  using client = await uplinkClient(gateway.port);
  client.send(get().replace('GET', 'DELETE'));
  assert.equal((await client.response('DELETE')).status, 405);
  await gateway.plane.patch({
    ...{ kind: 'uplinkIdentity', entryPoint: 'web', certificate: child, roots: [root.certificate] },
    peers: [],
  });
  using refused = await uplinkClient(gateway.port);
  refused.send(get());
  assert.equal((await refused.response()).status, 403);
});

test('a watch: a line now and at every change, an empty one as heartbeat, an end with the drain', async () => {
  const clock = new ManualClock();
  await using gateway = await startGateway({ clock, model: uplinkModel({ ports: [] }) });
  gateway.plane.publish(document('{"v":1}'));
  using client = await uplinkClient(gateway.port);
  client.send(get('', `${path}?watch`));
  const body = () => {
    const text = client.received.toString();
    const pieces = text.slice(text.indexOf('\r\n\r\n') + 4).split('\r\n');
    return pieces.filter((_, i) => i % 2 === 1).join('');
  };
  await client.until(() => body() === '{"v":1}\n', 'the document');
  clock.advance(1000);
  await client.until(() => body() === '{"v":1}\n\n', 'a heartbeat');
  gateway.plane.publish(document('{"v":2}'));
  gateway.plane.publish(document('{"v":2}'));
  await client.until(() => body() === '{"v":1}\n\n{"v":2}\n', 'the change, once');
  const drained = gateway.plane.drain({ lameDuckMs: 0, graceMs: 0 });
  await client.until(() => client.received.toString().endsWith('0\r\n\r\n'), 'the end of the watch');
  clock.advance(1000);
  assert.equal((await drained).cut, 0);
});

test('a watch of a peer that is removed ends', async () => {
  await using gateway = await startGateway({ model: uplinkModel({ ports: [] }) });
  gateway.plane.publish(document('{"v":1}'));
  using client = await uplinkClient(gateway.port);
  client.send(get('', `${path}?watch`));
  await client.until(() => client.received.includes('{"v":1}'), 'the document');
  await gateway.plane.patch({ kind: 'closePeer', uri: parentUri });
  await client.untilClosed();
  assert.equal(client.received.toString().endsWith('0\r\n\r\n'), false);
  const stats = await gateway.plane.stats();
  await eventually(() => stats.requests.inFlight === 0, 'no watch in flight');
});
