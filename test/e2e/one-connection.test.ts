/** The advertisement watch rides on a data connection: one connection per child and worker, and a watch that is kept. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChildStatus } from '@ficus/common/api/admin.ts';
import { connectionsTo } from '../harness/connections.ts';
import {
  type ChildProcess,
  childrenOf,
  eventually,
  load,
  meshDynamic,
  type ParentProcess,
  startChild,
  startParent,
  startWorkload,
} from '../harness/harness.ts';

interface Pair extends AsyncDisposable {
  readonly parent: ParentProcess;
  readonly child: ChildProcess;
}

/** A parent with workers and one child. No health checks: each has a connection of its own, on purpose. */
async function startPair(workers: number, childOptions: object = {}): Promise<Pair> {
  await using starting = new AsyncDisposableStack();
  const parent = starting.use(await startParent({ workers, dynamic: meshDynamic('orders', ['vm-1']) }));
  const workload = starting.use(await startWorkload({ name: 'at-vm-1' }));
  const child = starting.use(
    await startChild({ parent, name: 'vm-1', workloads: { orders: { url: workload.url } }, ...childOptions }),
  );
  await parent.leg('orders', 'vm-1');
  const owned = starting.move();
  return { parent, child, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Connections that each of these processes has to the child; -1: the process is gone. */
const count = ({ child }: Pair, pids: readonly number[]): Promise<readonly number[]> =>
  Promise.all(pids.map((pid) => connectionsTo(pid, child.port).catch(() => -1)));

/** Requests until every worker had some: on a busy machine one of them may accept all connections of a load. */
async function traffic(pair: Pair): Promise<void> {
  const { parent } = pair;
  for (let loads = 0; loads < 20; loads++) {
    const report = await load({ url: `${parent.url}/orders`, concurrency: 32, requests: 600 }).finished();
    assert.deepEqual(report.failures, {});
    if ((await count(pair, await parent.workers())).every((each) => each > 0)) return;
  }
}

/** Waits until each worker has exactly one connection to the child, and the control process none but a probe's. */
async function oneEach(pair: Pair): Promise<void> {
  const { parent, child } = pair;
  let found: readonly number[] = [];
  await eventually(
    async () => {
      found = await count(pair, await parent.workers());
      return found.every((each) => each === 1);
    },
    10_000,
    'one connection per worker',
  ).catch((error: Error) => assert.fail(`${error.message}: ${found.join()}`));
  await eventually(
    async () => (await count(pair, [parent.process.pid]))[0] === 0,
    10_000,
    'no kept connection of the control process',
  );
  assert.equal(await child.connected(), true);
}

/** How often the parent lost the watch, as it logged it. */
const losses = ({ parent }: Pair) => parent.process.output.split('"child lost"').length - 1;

async function statusOf({ parent }: Pair): Promise<ChildStatus> {
  const { children } = await parent.admin<{ children: ChildStatus[] }>('/children');
  return children[0] as ChildStatus;
}

test('one connection per worker carries requests and the watch; a roll and a killed worker keep the watch', async () => {
  await using pair = await startPair(2);
  const { parent } = pair;
  await traffic(pair);
  await oneEach(pair);

  const before = await parent.workers();
  parent.kill('SIGHUP');
  await eventually(
    async () => {
      const now = await parent.workers();
      return now.length === 2 && now.every((pid) => !before.includes(pid));
    },
    30_000,
    'two new workers',
  );
  await traffic(pair);
  await oneEach(pair);
  assert.equal(losses(pair), 0, 'a planned roll');

  for (const victim of await parent.workers()) {
    process.kill(victim, 'SIGKILL');
    await eventually(
      async () => {
        const now = await parent.workers();
        return now.length === 2 && !now.includes(victim);
      },
      10_000,
      'a new worker',
    );
  }
  await eventually(() => pair.child.connected(), 10_000, 'the watch');
  // News arrive through whoever carries the watch now.
  await pair.child.setWorkloads({});
  await eventually(
    async () => (await statusOf(pair)).problems.some(({ code }) => code === 'advertisement.empties-all'),
    10_000,
    'the change to be heard',
  );
  assert.equal(losses(pair), 0, 'the other worker took over at once');
});

test('a child whose workers are rolled keeps its watch; one that restarts has it again', async () => {
  await using pair = await startPair(1, { static: { workers: 1 } });
  const { parent, child } = pair;
  await traffic(pair);
  const before = await childrenOf(child.process.pid);
  child.kill('SIGHUP');
  await child.process.until(async () => {
    const now = await childrenOf(child.process.pid);
    return now.length === 1 && now.every((pid) => !before.includes(pid));
  }, 'a new worker of the child');
  await traffic(pair);
  await oneEach(pair);
  assert.equal(losses(pair), 0, 'a planned roll');

  await child.restart();
  await eventually(async () => (await parent.get('/orders')).status === 200, 10_000, 'the workload again');
  await traffic(pair);
  await oneEach(pair);
  assert.equal(losses(pair), 1, 'a child that is away is lost once, and said to be');
});

test('renewed certificates move the watch and never lose it', async () => {
  await using pair = await startPair(1, { env: { FICUS_RENEW_EVERY_MS: '1500' } });
  const serials = new Set<string>();
  await using running = load({ url: `${pair.parent.url}/orders`, concurrency: 8, ratePerSecond: 200 });
  await eventually(
    async () => {
      serials.add((await statusOf(pair)).certificate?.serial ?? '');
      return serials.size >= 4;
    },
    20_000,
    'three renewals',
  );
  assert.deepEqual((await running.stop()).failures, {});
  assert.equal(losses(pair), 0);
  const { state, problems } = await statusOf(pair);
  assert.deepEqual([state, problems], ['connected', []]);
});
