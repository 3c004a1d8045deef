/** A child that is started without an identity joins by itself: the token from a file, and what came with it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import type { CreatedToken } from '@ficus/common/api/admin.ts';
import { get, makeChild, meshDynamic, startParent, startWorkload } from '../harness/harness.ts';

test('no token yet, a used one, then a good one: it serves, and no token is left', async () => {
  await using parent = await startParent({ dynamic: meshDynamic('orders', ['vm-1']) });
  await using workload = await startWorkload({ name: 'orders' });
  const create = (secrets?: object) =>
    parent.admin<CreatedToken>('/tokens', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ child: 'vm-1', workloads: ['orders'], ...(secrets && { secrets }) }),
    });
  const good = await create({ 'prism-api-key': 'not for user-data' });
  await using child = await makeChild({
    parent,
    name: 'vm-1',
    workloads: { orders: { url: workload.url } },
    static: (port: number) => ({
      join: {
        url: `https://127.0.0.1:${parent.joinPort}`,
        tokenFile: 'join-token',
        caPins: [good.caPin],
        address: `127.0.0.1:${port}`,
      },
    }),
  });
  child.spawn();
  await child.process.until(() => child.process.output.includes('join.no-token'), 'to miss its token');
  const revoked = await create();
  await parent.admin(`/tokens/${revoked.id}`, { method: 'DELETE' });
  await child.directory.write('join-token', revoked.token);
  await child.process.until(() => child.process.output.includes('token.revoked'), 'to be refused');
  await child.directory.write('join-token', `${good.token}\n`);
  await child.process.until(() => child.connected(), 'to be connected');

  const serves = async () => (await get(`${parent.url}/x`)).status === 200;
  await child.process.until(serves, 'to serve');
  assert.ok(!readdirSync(child.directory.path).includes('join-token'));
  const secret = child.directory.file('state/secrets/prism-api-key');
  assert.equal(readFileSync(secret, 'utf8'), 'not for user-data');
  assert.equal(statSync(secret).mode & 0o777, 0o600);
  const said = child.process.output + parent.process.output;
  for (const text of ['not for user-data', good.token, revoked.token]) assert.ok(!said.includes(text));

  // With an identity nothing of it counts any more.
  await child.restart();
  await child.process.until(serves, 'to serve again');
});
