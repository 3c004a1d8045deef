/** The story: a monolith's orders move to a cluster by weights, the cluster dies, traffic falls back, nobody notices. */
import { eventually } from '@ficus/test/harness/eventually.ts';
import { type Load, load } from '@ficus/test/harness/load.ts';
import { get } from '@ficus/test/harness/request.ts';
import type { Cast } from './cast.ts';
import type { Narrator } from './narrator.ts';
import { type Phase, Phases, type Split } from './phases.ts';
import { tagVm } from './tagged-vm.ts';
import { turn } from './turn.ts';

/** What `npm run demo -- --once --json` prints. */
export interface DemoResult {
  readonly phases: readonly Phase[];
  /** From the command that gives the new leg its first weight to its first answer. */
  readonly weightChangeMs: number;
  /** From the start of `ficus join` on the VM to the first answer through the parent. */
  readonly joinToFirstRequestMs: number;
  /** From the change of the cluster child's configuration to the first answer of the new service through the parent. */
  readonly newWorkloadVisibleMs: number;
  /** From the tag in Prism Central to the first answer of the VM's workload through the parent; the child looks every 2 s. */
  readonly vmTaggedToFirstRequestMs: number;
}

/** Requests a second: enough to see a split within two seconds, and little enough to leave a laptop usable. */
const ratePerSecond = 1000;

/** Plays the whole story; the load is left running for what comes after. */
export async function play(cast: Cast, tell: Narrator): Promise<{ result: DemoResult; load: Load }> {
  const joinToFirstRequestMs = await firstDay(cast, tell);
  const running = load({ url: `${cast.url}/orders`, concurrency: 16, ratePerSecond });
  const phases = new Phases(running);
  const measure = async (name: string, split: Split, change: () => Promise<void>, settled?: boolean) =>
    tell.measured(await phases.phase(name, split, change, settled));
  const onlyVm: Split = { 'vm-1': 1, 'cluster-1': 0 };
  const onlyCluster: Split = { 'vm-1': 0, 'cluster-1': 1 };

  tell.step(`load: ${ratePerSecond} requests a second on ${cast.url}/orders; the monolith alone serves it`);
  await measure('monolith only', { 'vm-1': 1 }, async () => {});

  tell.step('an orders service comes up on the cluster; its child advertises it with weight 0');
  let newWorkloadVisibleMs = 0;
  await measure('workload orders appears', onlyVm, async () => {
    newWorkloadVisibleMs = await ordersAppears(cast);
  });
  tell.command(`curl -H 'x-try: cluster-1' ${cast.url}/orders`, `routable after ${newWorkloadVisibleMs} ms`);

  let weightChangeMs = 0;
  for (const [name, weights, split] of steps) {
    tell.step(`${name} of the orders to the cluster`);
    await measure(name, split, async () => {
      const took = await turn(cast, tell, running, ['weight', 'set', 'orders', ...weights, '--reason', name]);
      if (weightChangeMs === 0) weightChangeMs = took;
    });
  }

  tell.step('100 %: the cluster serves alone, the monolith is kept as standby');
  await measure('100 %', onlyCluster, async () => {
    await turn(cast, tell, running, ['mode', 'set', 'orders', 'vm-1=standby', '--reason', '100 %'], true);
  });
  tell.step("the monolith's weight reaches zero");
  await measure('monolith at weight 0', onlyCluster, async () => {
    const weights = ['vm-1=0', 'cluster-1=100'];
    await turn(
      cast,
      tell,
      running,
      ['weight', 'set', 'orders', ...weights, '--reason', 'monolith is out'],
      true,
    );
  });

  tell.step('the cluster child is killed');
  tell.command('kill -9 <ficus child cluster-1>');
  // Measured from the kill on: this phase is about the fall itself.
  await measure('cluster child killed', onlyVm, async () => cast.killChild('cluster-1'), false);
  tell.step('traffic has fallen back to the standby');
  await measure('fallen back to standby', onlyVm, async () => {});

  tell.step('the cluster child is started again and takes over');
  await measure('recovered', onlyCluster, async () => {
    cast.startChild('cluster-1');
    await running.next((by) => by === 'orders');
    await cast.legUp('orders', 'cluster-1');
  });

  let vmTaggedToFirstRequestMs = 0;
  await measure('VM tagged', onlyCluster, async () => {
    vmTaggedToFirstRequestMs = await tagVm(cast, tell);
  });
  return {
    result: {
      phases: phases.all,
      weightChangeMs,
      joinToFirstRequestMs,
      newWorkloadVisibleMs,
      vmTaggedToFirstRequestMs,
    },
    load: running,
  };
}

const steps: readonly (readonly [name: string, weights: readonly string[], split: Split])[] = [
  ['10 %', ['vm-1=90', 'cluster-1=10'], { 'vm-1': 0.9, 'cluster-1': 0.1 }],
  ['50 %', ['vm-1=50', 'cluster-1=50'], { 'vm-1': 0.5, 'cluster-1': 0.5 }],
];

/** Parent, monolith, and both children joined; resolves with the milliseconds from join to the first answer. */
async function firstDay(cast: Cast, tell: Narrator): Promise<number> {
  tell.step(`parent on ${cast.url}, and a monolith on the "VM"`);
  await Promise.all([cast.startWorkload('monolith'), cast.startParent()]);

  tell.step('the VM joins: a one-time token, then the child');
  tell.command("ficus token create --child vm-1 --workloads 'monolith,orders'");
  const token = await cast.createToken('vm-1', 'monolith,orders');
  const began = performance.now();
  tell.command(token.command.replace(token.token, '…'));
  await cast.join('vm-1', token);
  cast.startChild('vm-1');
  await eventually(
    async () => (await get(`${cast.url}/orders`)).status === 200,
    20_000,
    'an answer through vm-1',
  );
  const ms = since(began);
  tell.command(`curl ${cast.url}/orders`, `answered ${ms} ms after the join began`);

  tell.step('the cluster joins too; it has nothing to offer yet');
  await cast.join('cluster-1', await cast.createToken('cluster-1', 'orders'));
  cast.startChild('cluster-1');
  await cast.connected('cluster-1');
  return ms;
}

/** Starts the service and tells the cluster's child; resolves with the time until the parent routes to it. */
async function ordersAppears(cast: Cast): Promise<number> {
  await cast.startWorkload('orders');
  const began = performance.now();
  await cast.exposeOrders();
  await eventually(
    async () => (await get(`${cast.url}/orders`, { 'x-try': 'cluster-1' })).servedBy === 'orders',
    15_000,
    'an answer of the new service',
  );
  const ms = since(began);
  await cast.legUp('orders', 'cluster-1');
  return ms;
}

function since(began: number): number {
  return Math.round(performance.now() - began);
}
