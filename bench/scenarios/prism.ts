/** What a look at a Prism Central with 5,000 VMs costs a child, by how many of them are behind its services. */

import { setTimeout as delay } from 'node:timers/promises';
import { residentOf, usageOf } from '../cpu.ts';
import type { Sample } from '../rows.ts';
import { type Asked, eventually, type PrismFleet, startPrismFleet } from './prism-fleet.ts';
import type { Stage } from './scenario.ts';

const VMS = 5000;
const LOOKS = 10;
/** Of 52 requests with at most 25 a second each: some three seconds a look. */
const LOOKS_WITHIN_MS = 180_000;

/** Starts one with so many of its VMs tagged, and measures it over ten looks, after the first two. */
export async function measurePrism({ sandbox }: Pick<Stage, 'sandbox'>, tagged: number): Promise<Sample> {
  const fleet = await startPrismFleet(sandbox, VMS, tagged);
  try {
    // The first one has code to compile, and all of the rows to read.
    await looksAre(fleet, 3);
    const from = await looks(fleet);
    const [begin, before] = [performance.now(), usageOf([fleet.child])];
    await looksAre(fleet, from + LOOKS);
    const [seconds, after] = [(performance.now() - begin) / 1000, usageOf([fleet.child])];
    const residentMiB = residentOf([fleet.child]);
    const cpuUs = ((after.cpuSeconds - before.cpuSeconds) * 1e6) / LOOKS;
    const tagLiveMs = await tagIsLive(fleet);
    const errors = (await fleet.asked()).filter(({ status }) => status >= 400).length;
    return {
      requestsPerSecond: LOOKS / seconds,
      cpuUsPerRequest: cpuUs,
      lookCpuSeconds: cpuUs / 1e6,
      residentMiB,
      tagLiveMs,
      peakMemoryMiB: usageOf([fleet.child]).peakMemoryMiB,
      errors,
    };
  } finally {
    await fleet.stop();
  }
}

/** Looks that have begun. */
async function looks(fleet: PrismFleet): Promise<number> {
  return (await fleet.asked()).filter(isFirstPage).length;
}

function isFirstPage({ path }: Asked): boolean {
  return path.includes('/config/vms') && /page=0(?:&|$)/.test(path);
}

async function looksAre(fleet: PrismFleet, count: number): Promise<void> {
  const are = async (): Promise<boolean> => {
    // Not too often: the simulator writes down thousands of requests for each answer.
    await delay(200);
    return (await looks(fleet)) >= count;
  };
  await eventually(`${count} looks`, LOOKS_WITHIN_MS, are);
}

/** Milliseconds from a new value on one VM until the parent has the service. */
async function tagIsLive(fleet: PrismFleet): Promise<number> {
  const begin = performance.now();
  await fleet.tag('fleet-04321', 'new');
  await eventually('the new tag', 20_000, async () => (await fleet.advertised()).includes('new'));
  return performance.now() - begin;
}
