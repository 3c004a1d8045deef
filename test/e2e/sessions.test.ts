/** Sessions of an aggregated service: they stay at their child while it drains, through a restart, and until a deadline. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Applied } from '@ficus/common/api/admin.ts';
import { eventually, load, startMesh } from '../harness/harness.ts';
import type { Reply } from '../harness/request.ts';

const sticky = { orders: { sticky: { cookie: { name: 'child', httpOnly: true } } } };
const options = {
  static: { providers: { file: { filename: 'dynamic.yaml' }, multicluster: { uplinks: sticky } } },
};

/** What a browser would send next. */
const cookieOf = (reply: Reply) => ({ Cookie: String(reply.headers['set-cookie']).split(';')[0] as string });

test('sessions stay at a child that drains, new ones go elsewhere; a deadline survives a restart', async () => {
  await using mesh = await startMesh(options);
  const { parent } = mesh;
  const sessions = new Map<string, { Cookie: string }>();
  while (sessions.size < 2) {
    const reply = await parent.get('/orders');
    assert.match(String(reply.headers['set-cookie']), /^child=[0-9a-f]{16}; Path=\/; HttpOnly$/);
    sessions.set(reply.servedBy as string, cookieOf(reply));
  }
  const stuck = sessions.get('at-vm-1') as { Cookie: string };
  const drain = ['mode', 'set', 'orders', 'vm-1=draining', '--sessions-for', '1h', '--reason', 'release'];
  const { uplink } = await parent.json<Applied>(...drain);
  const until =
    Date.parse(uplink.legs.find(({ child }) => child === 'vm-1')?.sessionsUntil ?? '') - Date.now();
  assert.ok(until > 3_500_000 && until <= 3_600_000, `${until}`);

  const serves = async () => {
    for (let i = 0; i < 5; i++) {
      assert.equal((await parent.get('/orders')).servedBy, 'at-cluster-1', 'new');
      const reply = await parent.get('/orders', stuck);
      assert.deepEqual([reply.servedBy, reply.headers['set-cookie']], ['at-vm-1', undefined], 'stuck');
    }
  };
  await serves();
  await parent.stop();
  await parent.start();
  for (const child of ['vm-1', 'cluster-1']) await parent.leg('orders', child);
  await serves();
  const shown = await parent.cli('uplinks');
  assert.match(shown.stdout, /vm-1 .* draining until \d{4}-\d\d-\d\dT/);

  const short = ['mode', 'set', 'orders', 'vm-1=draining', '--sessions-for', '1s', '--reason', 'soon'];
  await parent.json(...short);
  const moved = await eventually(
    async () => {
      const reply = await parent.get('/orders', stuck);
      return reply.servedBy === 'at-cluster-1' ? reply : undefined;
    },
    5_000,
    'the end of the session',
  );
  assert.deepEqual(cookieOf(moved), sessions.get('at-cluster-1'), 'and a new one where it is now');
});

test('a deadline for sessions is refused where it means nothing', async () => {
  await using mesh = await startMesh(options);
  for (const [args, message] of [
    [['vm-1=off', '--sessions-for', '5m'], /want a leg that drains/],
    [['vm-1=draining', '--sessions-for', 'soon'], /--sessions-for wants 1s to 8760h, got "soon"/],
    [['vm-1=draining', '--sessions-for', '0'], /--sessions-for wants 1s to 8760h/],
  ] as const) {
    const refused = await mesh.parent.cli('mode', 'set', 'orders', ...args, '--reason', 'x');
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, message);
  }
  assert.equal(
    (await mesh.parent.uplink('orders'))?.legs.every(({ mode }) => mode === 'active'),
    true,
  );
});

test('sessions at a child that restarts move while it is away, and no request of theirs fails', async () => {
  await using mesh = await startMesh(options);
  let reply = await mesh.parent.get('/orders');
  while (reply.servedBy !== 'at-vm-1') reply = await mesh.parent.get('/orders');
  await using running = load({
    url: mesh.url,
    method: 'POST',
    body: 'an order',
    headers: cookieOf(reply),
    concurrency: 8,
    ratePerSecond: 800,
  });
  await running.seen(200);
  assert.deepEqual(Object.keys(running.take().servedBy), ['at-vm-1']);
  await mesh.child('vm-1').stop();
  running.take();
  await running.seen(200);
  assert.deepEqual(Object.keys(running.take().servedBy), ['at-cluster-1']);
  const back = running.next((by) => by === 'at-vm-1');
  await mesh.child('vm-1').start();
  await back;
  assert.deepEqual((await running.stop()).failures, {});
});
