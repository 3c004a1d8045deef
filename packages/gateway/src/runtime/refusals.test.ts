import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answering, recordingEndpoint, scriptedEndpoint } from '../testing/endpoints.ts';
import { startGateway } from '../testing/gateway.ts';
import { endpointModel, loadBalancer, weighted } from '../testing/models.ts';
import { exchange, rawClient } from '../testing/raw-client.ts';

const get = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';
test('leg counts: a retried refusal counts once per attempt', async () => {
  await using refusing = await scriptedEndpoint(
    answering('HTTP/1.1 503 x\r\nficus-error: service.no-endpoint\r\nContent-Length: 4\r\n\r\nlost'),
  );
  await using alive = await recordingEndpoint();
  await using gateway = await startGateway({
    services: [
      weighted('w', [
        ['a', 1, 1],
        ['b', 2, 1],
      ]),
      loadBalancer('a', [endpointModel(refusing.port)], { uplink: true }),
      loadBalancer('b', [endpointModel(alive.port)], { uplink: true }),
    ],
  });
  for (let i = 0; i < 10; i++) await exchange(gateway.port, get);
  const { legs } = await gateway.plane.stats();
  const b = legs.find((l) => l.key === 'b');
  assert.equal(b?.requests, alive.requests.length, JSON.stringify(legs));
});
test('ficus-error of a workload does not pass', async () => {
  await using e = await scriptedEndpoint(
    answering('HTTP/1.1 503 x\r\nficus-error: service.no-endpoint\r\nContent-Length: 4\r\n\r\nlost'),
  );
  await using gateway = await startGateway({ ports: [e.port] });
  const r = await exchange(gateway.port, get);
  assert.equal(r.headers['ficus-error'], undefined);
});
test('empty lines: split or not, the same', async () => {
  await using e = await recordingEndpoint();
  await using gateway = await startGateway({ ports: [e.port] });
  using c = await rawClient(gateway.port);
  c.send('\r\n');
  await new Promise((r) => setTimeout(r, 30));
  c.send('\r\n');
  await new Promise((r) => setTimeout(r, 30));
  c.send(get);
  assert.equal((await c.response()).status, 400);
});
test('hopeless trailers are refused at once', async () => {
  await using e = await scriptedEndpoint(() => undefined);
  await using gateway = await startGateway({ ports: [e.port] });
  using c = await rawClient(gateway.port);
  c.send('POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\n');
  await c.until(() => c.received.length > 0, 'refusal', 1500);
});
test('refused upgrade with bytes behind it', async () => {
  await using e = await scriptedEndpoint(answering('HTTP/1.1 403 x\r\nContent-Length: 0\r\n\r\n'));
  await using gateway = await startGateway({ ports: [e.port] });
  using c = await rawClient(gateway.port);
  c.send(
    'GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n',
  );
  assert.equal((await c.response()).status, 403);
  await new Promise((r) => setTimeout(r, 100));
  assert.doesNotMatch(e.seen(), /smuggled/);
});
