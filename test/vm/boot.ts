/** The moments from power-on to the first routed request, waited for one after the other. */

import type { Machine } from './machine.ts';
import { childState } from './scene.ts';
import type { Site } from './site.ts';

/** Each a time after power-on, in seconds. */
export interface Moments {
  networkUp: number;
  runcmdBegun: number;
  installed: number;
  joined: number;
  routed: number;
}

/** What each may take in software on a machine that is busy: generous, because it is reported and not asserted. */
const stepMs = 180_000;

export async function firstBoot({ parent }: Site, machine: Machine, child: string): Promise<Moments> {
  const networkUp = await machine.shows(/Finished .*networking\.service/, stepMs);
  const runcmdBegun = await machine.shows(/running 'modules:final'/, stepMs);
  const installed = await machine.shows(/ficus install: installed ficus/, stepMs);
  await machine.until(
    async () => (await childState(parent, child))?.state === 'connected',
    `child ${child} connected at the parent`,
    stepMs,
  );
  const joined = machine.age;
  await routed(parent, machine);
  return { networkUp, runcmdBegun, installed, joined, routed: machine.age };
}

/** Waits until a request to the parent is answered by the workload on the VM. */
export async function routed(parent: Site['parent'], machine: Machine): Promise<void> {
  await machine.until(
    async () => {
      const { status, body } = await parent.get('/first?a=1');
      return status === 200 && /^orders on \S+: \/first\?a=1\n$/.test(body);
    },
    'a request routed to the VM',
    stepMs,
  );
}

/** The report: one line a moment, and the time that counts. */
export function reportOf(moments: Moments): string {
  const seconds = (value: number) => `${value.toFixed(1)} s`.padStart(8);
  const { networkUp, runcmdBegun, installed, joined, routed: first } = moments;
  return [
    `${seconds(networkUp)}  network up`,
    `${seconds(runcmdBegun)}  runcmd begins`,
    `${seconds(installed)}  ficus installed`,
    `${seconds(joined)}  child connected`,
    `${seconds(first)}  first routed request: ${(first - networkUp).toFixed(1)} s after its network was up (aim: 30 s)`,
  ].join('\n');
}
