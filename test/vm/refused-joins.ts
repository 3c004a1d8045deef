/** VMs that can't join: one whose token was used by another, and one whose clock is an hour off. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { routed } from './boot.ts';
import type { Machine } from './machine.ts';
import { childState, userDataFor } from './scene.ts';
import type { Site } from './site.ts';

const stepMs = 180_000;

/** A second VM with user-data that was used already. */
export async function usedTokenStory(t: TestContext, site: Site, userData: string): Promise<void> {
  const { parent } = site;
  await using machine = await site.powerOn({ name: 'used-token', hostname: 'vm-1', userData });

  await t.test('its child says in one line what to do, and goes on trying', async () => {
    await machine.shows(/ficus install: installed ficus/, 2 * stepMs);
    const line = await firstFailure(machine);
    console.log(`the child's line: ${line}`);
    assert.match(line, /token\.used/);
    assert.match(line, /ficus cloud-init|ficus token create|new token/);
    const unit = await machine.output('systemctl show ficus-child -p NRestarts -p ActiveState');
    assert.match(unit, /^NRestarts=0$/m, 'it waits in the process and is not started again and again');
  });

  await t.test('the parent shows the refused join, and whose', async () => {
    const { problems } = await parent.status();
    const refused = problems.find(({ code }) => code === 'join.refused.token.used');
    assert.ok(refused, JSON.stringify(problems));
    assert.match(refused.message, /vm-1/);
    assert.notEqual((await childState(parent, 'vm-1'))?.state, 'connected');
    const shown = (await parent.cli('status')).stdout;
    assert.match(shown, /join\.refused\.token\.used|refused/);
  });
}

/** A VM whose clock is an hour behind: no certificate is valid yet. It is put right while the VM runs. */
export async function wrongClockStory(t: TestContext, site: Site): Promise<void> {
  const { parent } = site;
  const userData = await userDataFor(parent, 'vm-2', site.uplinkPort);
  const clock = new Date(Date.now() - 3_600_000);
  await using machine = await site.powerOn({ name: 'wrong-clock', hostname: 'vm-2', userData, clock });

  await t.test('it says so in one line, and what to do', async () => {
    await machine.shows(/^.*ficus (?:bootstrap|install): .*clock.*$/m, 2 * stepMs);
    const line = /^.*ficus (?:bootstrap|install): .*clock.*$/m.exec(machine.console)?.[0] ?? '';
    console.log(`the VM's line: ${line.trim()}`);
    assert.match(line, /not yet valid/);
  });

  await t.test('it comes by itself when the clock is right', async () => {
    await machine.output(`date --utc --set=@${Math.floor(Date.now() / 1000)}`);
    const { length } = machine.console;
    await machine.shows(/ficus install: installed ficus/, stepMs, length);
    await machine.until(
      async () => (await childState(parent, 'vm-2'))?.state === 'connected',
      'child vm-2 connected',
      stepMs,
    );
    await routed(parent, machine);
    assert.equal((await parent.get('/')).body, 'orders on vm-2: /\n');
  });
}

/** The first line of the child's log that tells of a join that failed. */
async function firstFailure(machine: Machine): Promise<string> {
  let found = '';
  await machine.until(
    async () => {
      const journal = await machine.output('journalctl --boot --unit ficus-child --output cat');
      found = /^.*not joined: .*$/m.exec(journal)?.[0] ?? '';
      return found !== '';
    },
    'a line about the join',
    stepMs,
  );
  return found;
}
