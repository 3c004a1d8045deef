/** VMs found through Prism Central, from a tag to an answer: real parent and child, simulated Prism Central. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, startChild, startParent, startWorkload } from '../harness/harness.ts';
import { startPrismSimulator } from '../prism/simulator.ts';

const pollInterval = 2000;
const key = 'TraefikServiceName';
const dynamic = {
  http: {
    routers: {
      orders: { rule: 'PathPrefix(`/orders`)', service: 'orders@multicluster' },
      billing: { rule: 'PathPrefix(`/billing`) || Path(`/slow`)', service: 'billing@multicluster' },
    },
  },
};

test('a tagged VM is routed within a poll, one that is off goes, and no trouble of Prism Central ends traffic', async () => {
  await using prism = await startPrismSimulator();
  await using workload = await startWorkload({ name: 'shop' });
  await using parent = await startParent({ dynamic });
  const port = String(workload.port);
  prism.fleet(230, 0);
  for (const name of ['orders-01', 'billing-01']) {
    prism.addVm({ name, address: '127.0.0.1', categories: { Port: port } });
  }
  prism.addCategory(key, 'orders');
  await using child = await startChild({
    parent,
    name: 'vm-1',
    static: {
      providers: {
        file: { filename: 'workloads.yaml' },
        nutanixPrismCentral: {
          endpoint: prism.url,
          apiKey: prism.apiKey,
          tls: { ca: prism.ca },
          pollInterval: '2s',
          portCategoryKey: 'Port',
        },
      },
    },
  });
  const answers = async (path: string) => (await parent.get(path)).servedBy === 'shop';
  assert.equal((await parent.get('/orders')).status, 503);

  for (const name of ['orders', 'billing']) {
    const tagged = performance.now();
    prism.tag(`${name}-01`, key, name);
    await eventually(() => answers(`/${name}`), 5000, `${name} to be routed`);
    const took = performance.now() - tagged;
    assert.ok(took < pollInterval + 1000, `${name}: ${took.toFixed(0)} ms`);
  }

  let drained = false;
  const inFlight = parent.get('/slow?ms=4000').finally(() => {
    drained = true;
  });
  prism.setPower('billing-01', 'OFF');
  await eventually(async () => (await parent.get('/billing')).status === 503, 5000, 'billing to be gone');
  assert.equal(drained, false, 'gone while a request was being served');
  assert.equal((await inFlight).servedBy, 'shop');
  assert.ok(await answers('/orders'));

  prism.expireKey();
  const problem = /prism\.unauthorized/;
  await eventually(async () => problem.test((await parent.cli('status')).stdout), 10_000, '401 in status');
  const { stdout } = await parent.cli('status');
  assert.match(stdout, /nutanixPrismCentral/);
  assert.ok(await answers('/orders'), 'the last good answer stays');

  await child.stop();
  await prism[Symbol.asyncDispose]();
  await child.start();
  await eventually(() => answers('/orders'), 10_000, 'orders from what was kept');
  const rss = await child.rss();
  assert.ok(rss < 90, `idle child that polls: ${rss.toFixed(1)} MiB`);
  console.log(`child: ${rss.toFixed(1)} MiB`);
});
