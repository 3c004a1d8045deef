/** Advertisements that must not be believed: refused or held, shown in status, and the good child isn't touched. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChildStatus } from '@ficus/common/api/admin.ts';
import { eventually, startParent, startRogueChild } from '../harness/harness.ts';

const uplink = (name: unknown, more: object = {}) => ({
  name,
  weight: 1,
  protocol: 'http',
  endpoints: { healthy: 1, total: 1 },
  ...more,
});

test('what a child may not say is refused or held, and shown in status', async (t) => {
  await using parent = await startParent({
    dynamic: { http: { routers: { orders: { rule: 'PathPrefix(`/`)', service: 'orders@multicluster' } } } },
  });
  await using rogue = await startRogueChild({ parent, name: 'vm-1', grants: 'orders,billing-*' });
  await eventually(() => rogue.watched, 10_000, 'the parent to watch');
  const child = async (): Promise<ChildStatus | undefined> =>
    (await parent.status()).children.find((one) => one.name === 'vm-1');
  const problem = (code: RegExp) =>
    eventually(
      async () => {
        const found = (await child())?.problems;
        if (found?.some((one) => code.test(one.code) && one.message.length > 0)) return true;
        throw new Error(`problems are ${JSON.stringify(found)}`);
      },
      5000,
      `a problem ${code}`,
    );
  const names = async () => (await parent.status()).uplinks.map((one) => one.name);

  rogue.advertise([uplink('orders')]);
  await eventually(async () => (await names()).includes('orders'));

  await t.test('a name that was not granted', async () => {
    rogue.advertise([uplink('orders'), uplink('payments')]);
    await problem(/^advertisement\.not-granted$/);
    assert.deepEqual(await names(), ['orders']);
  });
  for (const weight of [-1, 1e9, 'ten', 1.5]) {
    await t.test(`weight ${JSON.stringify(weight)}`, async () => {
      rogue.advertise([uplink('orders'), uplink('billing-a', { weight })]);
      await problem(/^advertisement\.weight$/);
      assert.deepEqual(await names(), ['orders']);
    });
  }
  for (const name of ['billing-"x"', 'billing-`) || PathPrefix(`/', 'billing-\u0000', 'BILLING-X', '']) {
    await t.test(`the name ${JSON.stringify(name)}`, async () => {
      rogue.advertise([uplink('orders'), uplink(name)]);
      await problem(/^advertisement\.name$/);
      assert.deepEqual(await names(), ['orders']);
    });
  }
  await t.test('another child’s name', async () => {
    rogue.advertise([uplink('orders')], { child: 'cluster-1' });
    await problem(/^advertisement\.other-child$/);
  });
  await t.test('no JSON', async () => {
    rogue.say('{"uplinks": [');
    await problem(/^advertisement\.malformed$/);
  });
  await t.test('10 MB of JSON: cut off, and the last word is held', async () => {
    rogue.advertise([uplink('orders', { padding: 'x'.repeat(10 * 1024 * 1024) })]);
    await problem(/too-(?:large|big)/);
    assert.deepEqual(await names(), ['orders']);
    await eventually(() => rogue.watched, 10_000, 'the parent to watch again');
  });
  await t.test('a document that would empty everything is held', async () => {
    await eventually(async () => {
      // Again and again, because the parent is dialling anew after the last case.
      rogue.advertise([]);
      return (await child())?.problems.some((one) => one.code === 'advertisement.empties-all');
    });
    assert.deepEqual(await names(), ['orders']);
    rogue.advertise([uplink('orders')]);
  });

  assert.equal((await child())?.state, 'connected');
  assert.equal((await parent.get('/')).servedBy, 'vm-1');
  rogue.advertise([uplink('orders'), uplink('payments')]);
  await problem(/^advertisement\.not-granted$/);
  const shown = await parent.cli('status');
  assert.match(shown.stdout, /^problem: vm-1: advertisement\.not-granted: .*payments/m);
  assert.ok((await parent.rss()) < 200, 'what was refused is not kept');
});
