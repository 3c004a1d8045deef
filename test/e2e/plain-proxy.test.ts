/** With nothing but entrypoints and a file a parent is a plain reverse proxy: no state, no admin API, no children. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { load, startParent, startWorkload } from '../harness/harness.ts';

test('a catch-all route to the monolith needs no authority, no store and no children', async () => {
  await using workload = await startWorkload({ name: 'monolith' });
  await using parent = await startParent({
    mesh: false,
    dynamic: {
      http: {
        routers: { all: { rule: 'PathPrefix(`/`)', service: 'monolith' } },
        services: { monolith: { loadBalancer: { servers: [{ url: workload.url }] } } },
      },
    },
  });
  const reply = await parent.get('/customers?id=7');
  assert.equal(reply.status, 200);
  assert.deepEqual(JSON.parse(reply.body), { service: 'monolith', method: 'GET', path: '/customers?id=7' });
  const report = await load({ url: `${parent.url}/x`, concurrency: 8, requests: 500 }).finished();
  assert.deepEqual(report.servedBy, { monolith: 500 });
  assert.equal(existsSync(parent.socket), false);
  assert.equal(existsSync(parent.directory.file('state/authority')), false);
  const exit = await parent.stop();
  assert.deepEqual(exit, { code: 0, signal: null });
});

test('a monolith in two copies: when one ends, requests go on', async () => {
  await using one = await startWorkload({ name: 'one' });
  await using two = await startWorkload({ name: 'two' });
  await using parent = await startParent({
    mesh: false,
    dynamic: {
      http: {
        routers: { all: { rule: 'PathPrefix(`/`)', service: 'both' } },
        services: {
          both: {
            loadBalancer: {
              servers: [{ url: one.url }, { url: two.url }],
              healthCheck: { path: '/', interval: '100ms', timeout: '1s' },
            },
          },
        },
      },
    },
  });
  await using running = load({ url: `${parent.url}/x`, concurrency: 8, ratePerSecond: 800 });
  await running.seen(200);
  one.process.kill('SIGKILL');
  await one.process.exited;
  await running.seen(600);
  running.take();
  await running.seen(200);
  assert.deepEqual(Object.keys(running.take().servedBy), ['two']);
  assert.deepEqual((await running.stop()).failures, {});
});
