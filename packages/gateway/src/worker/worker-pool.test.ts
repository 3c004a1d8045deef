import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordingEndpoint } from '../testing/endpoints.ts';
import { startGateway } from '../testing/gateway.ts';
import { endpointModel } from '../testing/models.ts';
import { exchange, rawClient } from '../testing/raw-client.ts';

const get = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';

test('a killed worker is replaced, has every patch, and serves the connections made meanwhile', async () => {
  await using before = await recordingEndpoint((_, response) => response.end('before'));
  await using after = await recordingEndpoint((_, response) => response.end('after'));
  await using gateway = await startGateway({ workers: 1, ports: [before.port] });
  assert.equal((await exchange(gateway.port, get)).body.toString(), 'before');
  const endpoints = [endpointModel(after.port)];
  await gateway.plane.patch({ kind: 'endpoints', service: ['s', 'file'], endpoints });
  const [worker] = (await gateway.plane.stats()).workers;
  assert.ok(worker !== undefined);
  process.kill(worker.pid, 'SIGKILL');
  using client = await rawClient(gateway.port);
  client.send(get);
  assert.equal((await client.response()).body.toString(), 'after');
  const stats = await gateway.plane.stats();
  assert.equal(stats.workers[0]?.restarts, 1);
  assert.notEqual(stats.workers[0]?.pid, worker.pid);
  // What the dead one had counted is not forgotten.
  assert.ok(stats.requests.total >= 1);
});

test('workers are rolled under load and nothing is lost', async () => {
  await using endpoint = await recordingEndpoint();
  await using gateway = await startGateway({ workers: 1, ports: [endpoint.port] });
  let rolling = true;
  const statuses: number[] = [];
  const load = Array.from({ length: 2 }, async () => {
    while (rolling) {
      using client = await rawClient(gateway.port);
      for (let i = 0; i < 20; i++) {
        client.send(get);
        const response = await client.response();
        statuses.push(response.status);
        if (response.headers['connection'] === 'close') break;
      }
    }
  });
  await gateway.plane.rollWorkers();
  rolling = false;
  await Promise.all(load);
  assert.ok(statuses.length > 20 && statuses.every((status) => status === 200));
});
