/** The simulator's own behaviour over real TLS: paging, filters, authentication, and what goes wrong on demand. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { startPrismSimulator } from './simulator.ts';
import { type Answer, ask } from './testing/ask.ts';
import { VirtualClock } from './virtual-clock.ts';

const vms = '/api/vmm/v4.1/ahv/config/vms';
const names = (answer: Answer) => answer.list('data').map((vm) => vm['name']);
const codeOf = (answer: Answer) => answer.at('data', 'error', 0, 'code');

suite('lists', () => {
  test('come by page, with links and a total', async () => {
    await using prism = await startPrismSimulator();
    prism.fleet(120, 3);
    const first = await ask(prism, vms);
    assert.equal(first.status, 200);
    assert.equal(first.list('data').length, 50);
    assert.equal(first.at('metadata', 'totalAvailableResults'), 120);
    const last = await ask(prism, `${vms}?%24page=2&%24limit=50`);
    assert.equal(last.list('data').length, 20);
    const rels = last.list('metadata', 'links').map((link) => link['rel']);
    assert.deepEqual(rels, ['first', 'prev', 'self', 'last']);
    assert.equal(prism.requests[1]?.path, `${vms}?%24page=2&%24limit=50`);
    assert.equal(first.headers['x-ntnx-product'], 'pc.7.5.0.1');
  });

  test('refuse limits out of bounds', async () => {
    await using prism = await startPrismSimulator();
    for (const query of ['$limit=0', '$limit=101', '$page=-1', '$limit=many']) {
      const answer = await ask(prism, `${vms}?${query}`);
      assert.equal(answer.status, 400, query);
      assert.equal(answer.at('data', 'error', '$objectType'), 'vmm.v4.error.SchemaValidationError');
    }
  });

  test('are empty past the end, in three shapes in turn', async () => {
    await using prism = await startPrismSimulator();
    const empty = async () => (await ask(prism, `${vms}?$page=9`)).at('data');
    assert.deepEqual([await empty(), await empty(), await empty()], [undefined, null, []]);
  });

  test('drift: totals that are wrong, rows that move', async () => {
    await using prism = await startPrismSimulator();
    prism.fleet(30);
    const page = (number: number) => ask(prism, `${vms}?$limit=10&$page=${number}`);
    const total = async (number: number) => (await page(number)).at('metadata', 'totalAvailableResults');
    prism.faults.totals = 'shrinks';
    assert.deepEqual([await total(0), await total(3)], [39, 30]);
    prism.faults.totals = 'grows';
    assert.deepEqual([await total(0), await total(3)], [21, 30]);
    prism.faults.totals = 'low';
    assert.deepEqual([await total(0), await total(1)], [10, 20]);
    prism.faults.rows = 'repeat';
    assert.equal(names(await page(1))[0], names(await page(0))[9]);
    prism.faults.rows = 'skip';
    assert.equal(names(await page(1))[0], 'fleet-00011');
  });

  test('filter, order and select', async () => {
    await using prism = await startPrismSimulator();
    for (const name of ['alpha', "o'brien", 'beta']) prism.addVm({ name });
    prism.setPower('beta', 'OFF');
    const filtered = async (filter: string) =>
      names(await ask(prism, `${vms}?$filter=${filter.replaceAll(' ', '+')}`));
    const on = "powerState eq Vmm.Ahv.Config.PowerState'ON'";
    assert.deepEqual(await filtered(on), ['alpha', "o'brien"]);
    assert.deepEqual(await filtered(`not (${on})`), ['beta']);
    assert.deepEqual(await filtered("name eq 'o''brien'"), ["o'brien"]);
    assert.deepEqual(await filtered("name in ('beta', 'alpha')"), ['alpha', 'beta']);
    assert.deepEqual(await filtered("startswith(name,'al') or contains(name,'et')"), ['alpha', 'beta']);
    assert.deepEqual(await filtered("cluster/extId ne 'x' and numSockets gt 1"), [
      'alpha',
      "o'brien",
      'beta',
    ]);
    assert.deepEqual(names(await ask(prism, `${vms}?$orderby=name%20desc`)), ["o'brien", 'beta', 'alpha']);
    const selected = await ask(prism, `${vms}?$select=name&$limit=1`);
    assert.deepEqual(Object.keys(selected.list('data')[0] ?? {}).sort(), [
      '$objectType',
      '$reserved',
      'extId',
      'name',
    ]);
    for (const bad of [
      'colour eq 1',
      "powerState eq 'ON'",
      'name eq',
      "name eq 'a' or",
      '(',
      "name like 'a'",
    ]) {
      const answer = await ask(prism, `${vms}?$filter=${encodeURIComponent(bad)}`);
      assert.equal(answer.status, 400, bad);
    }
  });

  test('by category only where that is switched on', async () => {
    await using prism = await startPrismSimulator();
    prism.addVm({ name: 'tagged', categories: { TraefikServiceName: 'orders' } });
    prism.addVm({ name: 'other' });
    const { extId } = prism.addCategory('TraefikServiceName', 'orders');
    const query = `${vms}?$filter=categories/any(c:c/extId%20eq%20'${extId}')`;
    assert.equal((await ask(prism, query)).status, 400);
    prism.faults.vmCategoryFilter = true;
    assert.deepEqual(names(await ask(prism, query)), ['tagged']);
  });

  test('of five thousand VMs take well under a second', async () => {
    await using prism = await startPrismSimulator();
    prism.fleet(5000);
    const started = performance.now();
    let rows = 0;
    for (let page = 0; page < 50; page++)
      rows += (await ask(prism, `${vms}?$limit=100&$page=${page}`)).list('data').length;
    assert.equal(rows, 5000);
    // Generous: each page also costs this test a TLS handshake.
    assert.ok(performance.now() - started < 10_000);
  });
});

suite('versions', () => {
  test('each profile serves its own and what came before', async () => {
    for (const [profile, highest, prismHighest] of [
      ['pc.2024.3', 0, 0],
      ['pc.7.3', 1, 1],
      ['pc.7.5', 2, 2],
      ['next', 3, 4],
    ] as const) {
      await using prism = await startPrismSimulator({ profile });
      const vmm = await ask(prism, `/api/vmm/v4.${highest}/ahv/config/vms`);
      assert.equal(vmm.at('$reserved', '$fv'), `v4.r${highest}`, profile);
      assert.equal((await ask(prism, `/api/vmm/v4.${highest + 1}/ahv/config/vms`)).status, 404);
      assert.equal((await ask(prism, '/api/vmm/v4.0/ahv/config/vms')).status, 200);
      assert.equal((await ask(prism, `/api/prism/v4.${prismHighest}/config/categories`)).status, 200);
      const info = await ask(prism, '/api/prism/unversioned/info', { method: 'OPTIONS' });
      assert.deepEqual(
        [info.status, info.at('data')].slice(0, highest < 2 ? 1 : 2),
        highest < 2 ? [404] : [200, `v4.${prismHighest}`],
      );
    }
  });

  test('before v4.1 there is no newer description of a card', async () => {
    await using prism = await startPrismSimulator({ profile: 'pc.2024.3' });
    prism.addVm({
      name: 'vm-1',
      nics: [{ blocks: 'new', assigned: '10.20.30.11', learnedIpv6: ['fd20::1'] }],
    });
    const answer = await ask(prism, '/api/vmm/v4.0/ahv/config/vms');
    assert.equal(answer.at('data', 0, 'nics', 0, 'nicNetworkInfo'), undefined);
    const assigned = ['networkInfo', 'ipv4Config', 'ipAddress', 'value'];
    assert.equal(answer.at('data', 0, 'nics', 0, ...assigned), '10.20.30.11');
    assert.ok(!answer.text.includes('fd20::1'));
  });
});

suite('authentication', () => {
  test('key, password or session; a wrong key is not made good by a password', async () => {
    const clock = new VirtualClock();
    await using prism = await startPrismSimulator({ clock });
    const first = await ask(prism, vms, { as: 'user' });
    assert.equal(first.status, 200);
    const cookie = String(first.headers['set-cookie']?.[0]).split(';')[0] as string;
    assert.equal((await ask(prism, vms, { as: 'nobody', headers: { cookie } })).status, 200);
    clock.advance(16 * 60_000);
    assert.equal((await ask(prism, vms, { as: 'nobody', headers: { cookie } })).status, 401);
    const wrong = { 'X-ntnx-api-key': 'wrong' };
    assert.equal((await ask(prism, vms, { as: 'user', headers: wrong })).status, 401);
    assert.equal((await ask(prism, vms, { as: 'nobody' })).status, 401);
  });

  test('401 has a body of any kind; keys expire while it runs', async () => {
    await using prism = await startPrismSimulator();
    assert.equal((await ask(prism, vms)).status, 200);
    prism.expireKey();
    const types: unknown[] = [];
    for (const body of ['json', 'empty', 'html', 'text'] as const) {
      prism.faults.unauthorizedBody = body;
      const answer = await ask(prism, vms);
      assert.equal(answer.status, 401);
      types.push(answer.headers['content-type']);
    }
    assert.deepEqual(types, ['application/json', undefined, 'text/html', 'text/plain']);
  });

  test('403 for a namespace; a lesser key sees fewer VMs', async () => {
    await using prism = await startPrismSimulator();
    prism.awkwardFleet();
    const other = prism.inventory.addCluster('ahv-02-only').extId;
    prism.addVm({ name: 'elsewhere', cluster: other });
    prism.addKey('lesser', { clusters: [other] });
    const seen = await ask(prism, vms, { headers: { 'X-ntnx-api-key': 'lesser' } });
    assert.deepEqual(names(seen), ['elsewhere']);
    prism.faults.hidden = [prism.inventory.vm('plain').extId];
    assert.ok(!names(await ask(prism, vms)).includes('plain'));
    prism.faults.forbidden = ['vmm'];
    const refused = await ask(prism, vms);
    assert.deepEqual([refused.status, codeOf(refused)], [403, 'RBA-10001']);
    assert.equal((await ask(prism, '/api/prism/v4.1/config/categories')).status, 200);
  });
});

suite('faults', () => {
  test('429 by rate, with whole seconds to wait', async () => {
    const clock = new VirtualClock();
    await using prism = await startPrismSimulator({ clock, faults: { rate: { perSecond: 2 } } });
    const statuses = [];
    for (let count = 0; count < 3; count++) statuses.push((await ask(prism, vms)).status);
    assert.deepEqual(statuses, [200, 200, 429]);
    assert.equal((await ask(prism, vms)).headers['retry-after'], '1');
    prism.faults.rate = { perSecond: 1, burst: 1, status: 400, retryAfter: false };
    await ask(prism, vms);
    const refused = await ask(prism, vms);
    assert.equal(refused.status, 400);
    assert.equal(refused.at('data', 'error', 0, 'errorGroup'), 'RATE_LIMIT_EXCEEDED');
    assert.equal(refused.headers['retry-after'], undefined);
    clock.advance(1000);
    assert.equal((await ask(prism, vms)).status, 200);
  });

  test('each for as many requests as it says', async () => {
    await using prism = await startPrismSimulator();
    prism.faults.next.push(
      { kind: 'unavailable', times: 2 },
      { kind: 'limited', retryAfter: 7 },
      { kind: 'reset' },
      { kind: 'truncate' },
      { kind: 'garbage' },
    );
    assert.equal((await ask(prism, vms)).status, 503);
    assert.equal((await ask(prism, vms)).status, 503);
    assert.equal((await ask(prism, vms)).headers['retry-after'], '7');
    await assert.rejects(ask(prism, vms), { code: 'ECONNRESET' });
    await assert.rejects(ask(prism, vms), { code: 'ECONNRESET' });
    assert.equal((await ask(prism, vms)).json, undefined);
    assert.equal((await ask(prism, vms)).status, 200);
  });

  test('a hang ends with the simulator', async () => {
    const prism = await startPrismSimulator();
    prism.faults.next.push({ kind: 'hang' });
    const hanging = assert.rejects(ask(prism, vms), { code: 'ECONNRESET' });
    while (prism.requests.length === 0) await new Promise(setImmediate);
    await prism[Symbol.asyncDispose]();
    await hanging;
  });

  test('certificates for another name, or expired', async () => {
    await using elsewhere = await startPrismSimulator({ tls: 'wrong-name' });
    await assert.rejects(ask(elsewhere, vms), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    await using old = await startPrismSimulator({ tls: 'expired' });
    await assert.rejects(ask(old, vms), { code: 'CERT_HAS_EXPIRED' });
  });
});

suite('the inventory', () => {
  test('addresses are learned after a while', async () => {
    await using prism = await startPrismSimulator();
    prism.awkwardFleet();
    const query = `${vms}?$filter=name%20eq%20'learned-later'`;
    const shows = async () => (await ask(prism, query)).text.includes('10.20.30.24');
    assert.deepEqual(
      [await shows(), await shows(), await shows(), await shows()],
      [false, false, false, true],
    );
  });

  test('a value may be renamed; its extId stays', async () => {
    await using prism = await startPrismSimulator();
    const { extId } = prism.addCategory('TraefikServiceName', 'orders');
    prism.renameValue('TraefikServiceName', 'orders', 'purchases');
    const answer = await ask(prism, `/api/prism/v4.0/config/categories/${extId}`);
    assert.equal(answer.at('data', 'value'), 'purchases');
    assert.equal(answer.headers.etag, Buffer.from('2,0').toString('base64'));
  });

  test('subnets tell their VPC', async () => {
    await using prism = await startPrismSimulator();
    const vpc = prism.addVpc('shop');
    prism.addSubnet('web', { vpc: 'shop' });
    const query = `/api/networking/v4.0/config/subnets?$filter=vpcReference%20eq%20'${vpc.extId}'`;
    assert.deepEqual(names(await ask(prism, query)), ['web']);
    assert.deepEqual(names(await ask(prism, '/api/networking/v4.0/config/vpcs')), ['shop']);
    assert.deepEqual(names(await ask(prism, '/api/clustermgmt/v4.0/config/clusters')), ['ahv-01']);
  });

  test('v3 takes passwords only, and policies are gone from it', async () => {
    await using prism = await startPrismSimulator();
    prism.fleet(30);
    const list = { method: 'POST', body: { kind: 'vm', offset: 20 } } as const;
    assert.equal((await ask(prism, '/api/nutanix/v3/vms/list', list)).status, 401);
    const page = await ask(prism, '/api/nutanix/v3/vms/list', { ...list, as: 'user' });
    assert.deepEqual([page.list('entities').length, page.at('metadata', 'total_matches')], [10, 30]);
    const policies = '/api/nutanix/v3/network_security_rules/list';
    assert.equal((await ask(prism, policies, { method: 'POST', as: 'user' })).status, 410);
  });
});
