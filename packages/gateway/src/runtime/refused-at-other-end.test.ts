import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answering, recordingEndpoint, scriptedEndpoint } from '../testing/endpoints.ts';
import { startGateway } from '../testing/gateway.ts';
import { endpointModel, loadBalancer, weighted } from '../testing/models.ts';
import { exchange } from '../testing/raw-client.ts';

const get = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';
const refusal = 'HTTP/1.1 503 x\r\nficus-error: service.no-endpoint\r\nContent-Length: 4\r\n\r\nlost';

test('a request refused at the other end of a leg is served by another, and counted once for each attempt', async () => {
  await using refusing = await scriptedEndpoint(answering(refusal));
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
  for (let i = 0; i < 10; i++) assert.equal((await exchange(gateway.port, get)).status, 200);
  const { legs } = await gateway.plane.stats();
  const requests = (key: string) => legs.find((leg) => leg.key === key)?.requests;
  assert.equal(requests('b'), alive.requests.length);
  assert.equal(requests('a'), refusing.seen().split('GET / ').length - 1);
  assert.ok((requests('a') ?? 0) > 0);
});

test('a workload that speaks as a gateway is not believed, and its word does not pass', async () => {
  await using endpoint = await scriptedEndpoint(answering(refusal));
  await using gateway = await startGateway({ ports: [endpoint.port] });
  const response = await exchange(gateway.port, get);
  assert.equal(response.status, 503);
  assert.equal(response.body.toString(), 'lost');
  assert.equal(response.headers['ficus-error'], undefined);
});
