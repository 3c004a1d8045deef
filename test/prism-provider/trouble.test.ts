/** A Prism Central that refuses, stalls, breaks off or is somebody else: what was found stays, and it is said why. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeCertificates } from '../prism/certificates.ts';
import { startPrismSimulator } from '../prism/simulator.ts';
import { ask } from '../prism/testing/ask.ts';
import { type Options, watchProvider } from './provider.ts';

const key = 'TraefikServiceName';
type Prism = Awaited<ReturnType<typeof startPrismSimulator>>;
const tagged = { name: 'vm-1', address: '10.20.30.11', categories: { [key]: 'orders' } };
const optionsOf = (prism: Prism, more: Partial<Options> = {}): Options => ({
  ...{ endpoint: prism.url, apiKey: prism.apiKey, tls: { ca: prism.ca } },
  // Nobody waits for the next look by the schedule.
  ...{ pollInterval: 60, pollTimeout: 2000 },
  ...more,
});

test('a key that expires: what was found stays, with when it last worked; a new one is taken up', async () => {
  await using prism = await startPrismSimulator({ vms: [tagged] });
  await using files = await watchProvider(optionsOf(prism));
  const apiKeyFile = join(files.directory, 'key');
  await writeFile(apiKeyFile, `${prism.apiKey}\n`);
  const { apiKey: _, ...options } = optionsOf(prism, { apiKeyFile });
  await using provider = await watchProvider(options);
  assert.deepEqual(provider.urls('orders'), ['http://10.20.30.11:80']);
  prism.expireKey();
  await provider.until('failing', () => provider.state()?.state === 'failing');
  const state = provider.state();
  assert.equal(state?.error?.code, 'prism.unauthorized');
  assert.match(state?.error?.remedy ?? '', /apiKeyFile/);
  assert.ok((state?.lastGoodAt ?? 0) > Date.now() - 10_000);
  assert.deepEqual([state?.services, state?.machines, state?.seen], [1, 1, 1]);
  assert.deepEqual(provider.urls('orders'), ['http://10.20.30.11:80']);
  const told = provider.logged.filter(({ code }) => code === 'prism.unauthorized').length;
  assert.equal(told, 1, 'once, not every poll');
  prism.addKey('renewed-key');
  await writeFile(apiKeyFile, 'renewed-key\n');
  await provider.until('ok', () => provider.state()?.state === 'ok');
  assert.doesNotMatch(JSON.stringify([provider.logged, provider.states]), /renewed-key/);
  assert.ok(!JSON.stringify([provider.logged, provider.states]).includes(prism.apiKey));
});

test('started while Prism Central is down, it serves what it found last', async () => {
  const prism = await startPrismSimulator({ vms: [tagged] });
  await using first = await watchProvider(optionsOf(prism));
  first.provider.close();
  await prism[Symbol.asyncDispose]();
  await using provider = await watchProvider(optionsOf(prism), { directory: first.directory });
  assert.deepEqual(provider.urls('orders'), ['http://10.20.30.11:80']);
  await provider.until('failing', () => provider.state()?.state === 'failing');
  assert.equal(provider.state()?.error?.code, 'prism.unreachable');
  assert.ok((provider.state()?.lastGoodAt ?? 0) > Date.now() - 10_000);
  assert.deepEqual(provider.urls('orders'), ['http://10.20.30.11:80']);
});

test('a start does not wait for a Prism Central that hangs', async () => {
  await using prism = await startPrismSimulator({ vms: [tagged] });
  prism.faults.next.push({ kind: 'hang', times: Number.POSITIVE_INFINITY });
  const started = performance.now();
  await using provider = await watchProvider(optionsOf(prism, { pollTimeout: 30_000 }));
  assert.ok(performance.now() - started < 10_000);
  assert.equal(provider.state()?.state, 'starting');
  assert.deepEqual(provider.found, [{}], 'what names its services is no mistake');
});

test('whatever an answer is, the last good one stays', async () => {
  await using prism = await startPrismSimulator({ vms: [tagged] });
  for (const [fault, code] of [
    [{ kind: 'garbage' }, 'prism.bad-answer'],
    [{ kind: 'truncate' }, 'prism.unreachable'],
    [{ kind: 'reset' }, 'prism.unreachable'],
    [{ kind: 'status', status: 500 }, 'prism.unavailable'],
    [{ kind: 'status', status: 302 }, 'prism.redirected'],
    [{ kind: 'limited', retryAfter: 300 }, 'prism.rate-limited'],
    [{ kind: 'hang' }, 'prism.timeout'],
  ] as const) {
    await using provider = await watchProvider(optionsOf(prism, { pollTimeout: 300 }));
    prism.faults.next.push({ ...fault, times: Number.POSITIVE_INFINITY });
    await provider.until(code, () => provider.state()?.error?.code === code);
    assert.deepEqual(provider.urls('orders'), ['http://10.20.30.11:80'], code);
    prism.faults.next.length = 0;
  }
});

test('one list that fails ends the look: the others are not read on behind it', async () => {
  await using prism = await startPrismSimulator({ vms: [tagged] });
  for (let port = 1; port <= 3000; port++) prism.addCategory('Port', String(port));
  prism.faults.next.push({ kind: 'status', status: 500, path: key, times: Number.POSITIVE_INFINITY });
  const portCategoryKey = 'Port';
  await using provider = await watchProvider(optionsOf(prism, { portCategoryKey, pollInterval: 60_000 }));
  assert.equal(provider.state()?.error?.code, 'prism.unavailable');
  const asked = () => prism.requests.filter(({ path }) => path.includes(portCategoryKey)).length;
  const before = asked();
  // Enough for all of its thirty pages to have come.
  for (let times = 0; times < 100; times++) await ask(prism, '/api/vmm/v4.0/ahv/config/vms');
  assert.ok(asked() - before <= 4, `${asked() - before} more pages`);
});

test('pages of millions of empty rows, and of anything else without end, are refused', async () => {
  const { cert, key: privateKey, ca } = await makeCertificates('good');
  const filler = '{},'.repeat(1_000_000);
  const tail = '{}], "metadata": {"totalAvailableResults": 1}}';
  for (const [body, told] of [
    [`{"data": [${filler}${tail}`, /want at most 100 rows a page/],
    [`{"more": [${filler}{}], "data": [${tail}`, /want at most 1048576 bytes of one row and around/],
    [`{"data": [{"more": [${filler}{}]},${tail}`, /want at most 1048576 bytes of one row and around/],
  ] as const) {
    const server = createServer({ cert, key: privateKey }, (_, response) => void response.end(body));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const options = { endpoint, apiKey: 'k', tls: { ca }, apiVersion: 'v4.0' } as const;
      await using provider = await watchProvider(options);
      assert.equal(provider.state()?.error?.code, 'prism.bad-answer');
      assert.match(provider.state()?.error?.message ?? '', told);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }
});

test('a busy Prism Central is asked again when it says so, within the same look', async () => {
  await using prism = await startPrismSimulator({ vms: [tagged] });
  prism.faults.next.push({ kind: 'limited', retryAfter: 1, path: '/vms' });
  const started = performance.now();
  await using provider = await watchProvider(optionsOf(prism));
  assert.ok(performance.now() - started >= 990, 'not before a second has passed');
  assert.equal(provider.state()?.state, 'ok');
  assert.deepEqual(
    provider.states.map(({ state }) => state),
    ['starting', 'ok'],
  );
});

test('rows and namespaces that a key may not see: the count and the roles are told', async () => {
  await using prism = await startPrismSimulator({ vms: [tagged] });
  prism.fleet(10, 1);
  await using provider = await watchProvider(optionsOf(prism));
  assert.deepEqual([provider.states[0]?.seen, provider.state()?.seen], [undefined, 11]);
  const vms = [...prism.inventory.vms.keys()];
  prism.faults.hidden.push(...vms.slice(1));
  await provider.until('fewer', () => provider.conditions().includes('prism.fewer-vms VMs'));
  assert.equal(provider.state()?.seen, 1);
  const fewer = provider.state()?.conditions.find(({ code }) => code === 'prism.fewer-vms');
  assert.match(fewer?.message ?? '', /sees 1 VMs where it has seen 11: .*role.*VM, category, subnet and VPC/);
  prism.faults.hidden.push(...vms, ...prism.inventory.categories.keys());
  await provider.until('none', () => provider.conditions().includes('prism.no-vms VMs'));
  prism.faults.hidden.length = 0;
  prism.faults.hidden.push(...prism.inventory.categories.keys());
  await provider.until('no category', () => provider.conditions().includes(`prism.no-category ${key}`));
  prism.faults.forbidden.push('prism');
  await provider.until('forbidden', () => provider.state()?.error?.code === 'prism.forbidden');
  assert.match(
    provider.state()?.error?.message ?? '',
    /config\/categories: not allowed with this key \(403\): RBA-10001/,
  );
});

test('a certificate that is not trusted gets no key; its sum is told, and with that it is taken', async () => {
  for (const [tls, variant, code] of [
    [{}, 'good', 'prism.untrusted'],
    [{ ca: 'own' }, 'wrong-name', 'prism.untrusted'],
    [{ ca: 'own' }, 'expired', 'prism.untrusted'],
    [{ fingerprint: '0'.repeat(64) }, 'good', 'prism.untrusted'],
    [{ fingerprint: '0'.repeat(64), ca: 'own' }, 'good', 'prism.untrusted'],
    [{ fingerprint: 'own' }, 'good', undefined],
    [{ fingerprint: 'own' }, 'wrong-name', undefined],
    [{ fingerprint: 'own', ca: 'own' }, 'wrong-name', undefined],
    [{ fingerprint: 'own', ca: 'other' }, 'good', 'prism.untrusted'],
    [{ insecureSkipVerify: true }, 'expired', undefined],
  ] as const) {
    await using prism = await startPrismSimulator({ vms: [tagged], tls: variant });
    const ca = !('ca' in tls) ? undefined : tls.ca === 'own' ? prism.ca : (await makeCertificates('good')).ca;
    const fingerprint = 'fingerprint' in tls && tls.fingerprint === 'own' ? prism.fingerprint : undefined;
    const given = {
      ...tls,
      ...(ca === undefined ? {} : { ca }),
      ...(fingerprint === undefined ? {} : { fingerprint }),
    };
    await using provider = await watchProvider(optionsOf(prism, { tls: given }));
    const what = `${JSON.stringify(tls)} ${variant}: ${JSON.stringify(provider.state())}`;
    assert.equal(provider.state()?.error?.code, code, what);
    if (code === undefined) continue;
    assert.equal(prism.requests.length, 0, what);
    if (!('fingerprint' in tls)) {
      const sum = prism.fingerprint.replace('sha256:', '').toUpperCase();
      assert.ok(provider.state()?.error?.message.replaceAll(':', '').includes(sum), what);
    }
  }
});

test('keys do not follow redirects; an answer without end is cut off', async () => {
  const { cert, key: privateKey, ca } = await makeCertificates('good');
  const asked: string[] = [];
  let endless = false;
  const server = createServer({ cert, key: privateKey }, (request, response) => {
    asked.push(request.url ?? '');
    if (!endless) {
      response.writeHead(307, { location: `${url()}/elsewhere` }).end();
      return;
    }
    response.on('error', () => {});
    const more = (): void => {
      while (response.write(' '.repeat(65_536)));
      response.once('drain', more);
    };
    more();
  });
  const url = () => `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const options = { endpoint: url(), apiKey: 'k', tls: { ca }, pollInterval: 60, pollTimeout: 5000 };
    await using redirected = await watchProvider(options);
    assert.equal(redirected.state()?.error?.code, 'prism.redirected');
    assert.ok(!asked.includes('/elsewhere'));
    endless = true;
    await using cut = await watchProvider(options);
    assert.equal(cut.state()?.error?.code, 'prism.bad-answer');
    assert.match(cut.state()?.error?.message ?? '', /want at most 16777216 bytes/);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('hostile names reach nobody’s terminal and no rule', async () => {
  await using prism = await startPrismSimulator();
  const value = 'x`)\u001b[2J || Host(`evil';
  prism.addVm({ ...tagged, name: `vm\u001b]0;evil\u0007${'y'.repeat(5000)}`, nics: [] });
  prism.addVm({ name: 'vm-2', address: '10.20.30.12', categories: { [key]: value } });
  await using provider = await watchProvider(optionsOf(prism));
  const text = JSON.stringify([provider.states, provider.logged]);
  assert.doesNotMatch(text, /\\u001b|\\u0007/);
  assert.doesNotMatch(JSON.stringify(provider.found), /evil/);
  const codes = provider.state()?.conditions.map(({ code }) => code);
  assert.deepEqual(codes, ['prism.bad-name', 'prism.no-address']);
  for (const { message, subject } of provider.state()?.conditions ?? []) {
    assert.ok(message.length <= 500 && subject.length <= 128);
  }
});
