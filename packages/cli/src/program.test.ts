import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Applied, ChildStatus, LegStatus, UplinkStatus } from '@ficus/common/api/admin.ts';
import { reportFailure } from './output/failure.ts';
import { runProgram } from './program.ts';
import { capturedIo } from './testing/captured-io.ts';
import { fakeAdmin } from './testing/fake-admin.ts';

async function run(argv: readonly string[], options: Parameters<typeof capturedIo>[0] = {}) {
  const io = capturedIo(options);
  const code = await runProgram(argv, io).catch((error: unknown) => reportFailure(io, error));
  return { code, out: io.written.out, err: io.written.err };
}

const leg = (child: string, weight: number): LegStatus => ({
  child,
  weight,
  weightFrom: 'operator',
  mode: 'active',
  health: 'up',
  endpoints: { healthy: 1, total: 1 },
  requests: 0,
  failures: 0,
});
const orders = (vm: number, cluster: number): UplinkStatus => ({
  name: 'orders',
  legs: [leg('vm-1', vm), leg('cluster-1', cluster)],
});
const applied: Applied = {
  change: {
    seq: 4,
    at: '2026-11-20T20:00:00.000Z',
    actor: 'ada',
    reason: 'canary',
    action: 'weights',
    subject: 'orders',
    before: { 'vm-1': 100, 'cluster-1': 0 },
    after: { 'vm-1': 90, 'cluster-1': 10 },
    hash: 'x',
  },
  uplink: orders(90, 10),
  appliedByWorkers: true,
};

test('weight set sends the weights and shows before, after and shares', async () => {
  await using admin = await fakeAdmin({
    'GET /v1/uplinks': { uplinks: [orders(100, 0)] },
    'PUT /v1/uplinks/orders/weights': applied,
  });
  const result = await run(
    ['weight', 'set', 'orders', 'vm-1=90', 'cluster-1=10', '--reason', 'canary', '--socket', admin.socket],
    { env: { FICUS_ACTOR: 'ada' } },
  );
  assert.equal(result.code, 0, result.err);
  assert.deepEqual(admin.asked.at(-1), {
    line: 'PUT /v1/uplinks/orders/weights',
    body: { weights: { 'vm-1': 90, 'cluster-1': 10 }, reason: 'canary', actor: 'ada' },
    actor: 'ada',
  });
  assert.equal(
    result.out,
    [
      'ORDERS     WEIGHT    MODE    SHARE         HEALTH',
      'vm-1       100 → 90  active  100 % → 90 %  up',
      'cluster-1  0 → 10    active  0 % → 10 %    up',
      'change 4 by ada: canary',
      '',
    ].join('\n'),
  );
});

test('weights that are no weights are refused before anything is sent', async () => {
  for (const [pair, message] of [
    ['vm-1=-1', /whole number from 0 to 1000, got "-1"/],
    ['vm-1=1e9', /got "1e9"/],
    ['vm-1=ten', /got "ten"/],
    ['vm-1=1001', /got "1001"/],
    ['vm-1', /want <child>=<value>, got "vm-1"/],
    ['=5', /want <child>=<value>/],
  ] as const) {
    const result = await run([
      'weight',
      'set',
      'orders',
      pair,
      '--reason',
      'x',
      '--socket',
      '/nowhere/x.sock',
    ]);
    assert.equal(result.code, 2, pair);
    assert.match(result.err, message);
    assert.match(result.err, /^ {2}code: cli\.usage\n {2}do: /m);
  }
});

test('the parent’s own words reach the user: message, code, remedy, exit code 1', async () => {
  await using admin = await fakeAdmin({});
  const result = await run([
    'mode',
    'set',
    'nothing',
    'vm-1=off',
    '--reason',
    'x',
    '--json',
    '--socket',
    admin.socket,
  ]);
  assert.equal(result.code, 1);
  assert.equal(result.out, '');
  assert.equal(result.err, 'error: no such uplink\n  code: uplink.unknown\n  do: see `ficus uplinks`\n');
});

test('a usage error has the same shape and exit code 2', async () => {
  for (const argv of [
    ['nonsense'],
    ['weight', 'set'],
    ['token', 'create'],
    ['history', '--nope'],
    ['mode'],
    ['weight', 'set', 'orders', 'a=1', 'a=2', '--reason', 'named twice'],
  ]) {
    const result = await run(argv);
    assert.equal(result.code, 2, argv.join(' '));
    assert.ok(result.err.length > 0);
  }
  const result = await run(['weight', 'set', 'orders', 'a=1']);
  assert.match(
    result.err,
    /^error: required option '--reason <text>' not specified\n {2}code: cli\.usage\n {2}do: see `ficus weight set --help`\n$/,
  );
});

test('every command explains itself with an example', async () => {
  const commands = [
    '',
    'token',
    'weight',
    'mode',
    'pki',
    'parent',
    'child',
    'join',
    'token create',
    'token list',
    'token revoke',
    'children',
    'children revoke',
    'uplinks',
    'weight set',
    'mode set',
    'history',
    'undo',
    'status',
    'check',
    'pki list',
    'pki revoke',
    'pki inspect',
    'pki export',
    'pki roots',
  ];
  for (const command of commands) {
    const result = await run([...command.split(' ').filter(Boolean), '--help']);
    assert.equal(result.code, 0, command);
    assert.match(result.out, new RegExp(`Examples?:\n {2}ficus ${command.split(' ')[0]}`), command);
  }
});

test('no parent anywhere: the error says what was tried', async () => {
  await using admin = await fakeAdmin({});
  const result = await run(['status'], { cwd: admin.directory });
  assert.equal(result.code, 1);
  assert.match(
    result.err,
    /tried --url, --socket, --config and FICUS_SOCKET \(not given\), .*state\/admin\.sock/,
  );
  const other = await run(['status'], { env: { FICUS_SOCKET: '/nowhere/a.sock' } });
  assert.match(other.err, /no parent answers at \/nowhere\/a\.sock \(from FICUS_SOCKET\): ENOENT/);
});

test('children as a table, without control characters from outside', async () => {
  const child: ChildStatus = {
    name: 'vm-1',
    address: '10.0.0.5:9443',
    workloads: ['orders'],
    state: 'connected',
    version: '0.1.0\u001b[31m',
    advertisementAgeSeconds: 3,
    problems: [
      { code: 'advertisement.not-granted', message: 'billing', at: '2026-11-20T20:00:00.000Z', count: 2 },
    ],
  };
  await using admin = await fakeAdmin({ 'GET /v1/children': { children: [child] } });
  const people = await run(['children', '--socket', admin.socket]);
  assert.match(
    people.out,
    /^vm-1 {3}connected {2}10\.0\.0\.5:9443 {2}orders {9}3 s ago {4}- {17}0\.1\.0\?\[31m$/m,
  );
  assert.match(people.out, /problem: vm-1: advertisement\.not-granted: billing \(2 times, last 2026/);
  const programs = await run(['children', '--json', '--socket', admin.socket]);
  assert.deepEqual(JSON.parse(programs.out), { children: [child] });
});

test('a broken history is a failure, also with --json', async () => {
  await using admin = await fakeAdmin({
    'GET /v1/history?uplink=orders': { entries: [applied.change], chain: 'broken' },
  });
  const people = await run(['history', '--uplink', 'orders', '--socket', admin.socket]);
  assert.equal(people.code, 1);
  assert.match(people.out, /vm-1 100 → 90, cluster-1 0 → 10/);
  assert.match(people.out, /BROKEN/);
  const programs = await run(['history', '--uplink', 'orders', '--json', '--socket', admin.socket]);
  assert.equal(programs.code, 1);
});

test('token create prints the join line alone on standard output', async () => {
  const created = {
    id: 'ab12',
    child: 'vm-1',
    workloads: ['orders'],
    createdAt: '2026-11-20T20:00:00.000Z',
    expiresAt: '2099-11-20T20:15:00.000Z',
    state: 'unused',
    token: 't',
    caPin: 'sha256:00',
    command: 'ficus join https://parent:8443 --token t --ca-pin sha256:00',
  };
  await using admin = await fakeAdmin({ 'POST /v1/tokens': created });
  const result = await run([
    'token',
    'create',
    '--child',
    'vm-1',
    '--workloads',
    'orders, billing-*',
    '--ttl',
    '1h',
    '--socket',
    admin.socket,
  ]);
  assert.equal(result.out, `${created.command}\n`);
  assert.deepEqual(admin.asked.at(-1)?.body, {
    child: 'vm-1',
    workloads: ['orders', 'billing-*'],
    ttlSeconds: 3600,
  });
});

test('check names each mistake with file, line and column, and exits with 1', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ficus-check-'));
  try {
    await writeFile(join(directory, 'good.yaml'), 'entryPoints:\n  web:\n    address: ":8080"\n');
    await writeFile(join(directory, 'bad.yaml'), 'entryPoints:\n  web:\n    adress: ":8080"\n');
    const good = await run(['check', 'good.yaml'], { cwd: directory });
    assert.equal(good.code, 0, good.out);
    assert.equal(good.out, 'good.yaml: ok (static configuration of a parent)\n');
    const both = await run(['check', 'good.yaml', 'bad.yaml', 'missing.yaml'], { cwd: directory });
    assert.equal(both.code, 1);
    assert.match(both.out, /^bad\.yaml:3:5: .*adress.*/m);
    assert.match(both.out, /^missing\.yaml:1:1: want a file that can be read, got ENOENT$/m);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('check follows the dynamic files of a static one, and finds bad rules and references to nothing', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ficus-check-'));
  try {
    await writeFile(
      join(directory, 'parent.yaml'),
      'entryPoints:\n  web:\n    address: ":8080"\nproviders:\n  multicluster: {}\n  file:\n    filename: dynamic.yaml\n',
    );
    const dynamic = (rule: string, service: string) =>
      `http:\n  routers:\n    a:\n      rule: ${rule}\n      service: ${service}\n`;
    const write = (rule: string, service: string) =>
      writeFile(join(directory, 'dynamic.yaml'), dynamic(rule, service));
    await write('PathPrefix(`/`)', 'orders@multicluster');
    for (const files of [['parent.yaml'], ['dynamic.yaml'], ['parent.yaml', 'dynamic.yaml']]) {
      const result = await run(['check', ...files], { cwd: directory });
      assert.equal(result.code, 0, `${files}: ${result.out}`);
    }
    await write('PathPrefix(`/`', 'orders@multicluster');
    for (const files of [['parent.yaml'], ['dynamic.yaml'], ['parent.yaml', 'dynamic.yaml']]) {
      const result = await run(['check', ...files], { cwd: directory });
      assert.equal(result.code, 1, result.out);
      assert.match(result.out, /^dynamic\.yaml:4:\d+: http\.routers\.a\.rule: /m, `${files}`);
      assert.equal(result.out.match(/dynamic\.yaml:4/g)?.length, 1);
    }
    await write('PathPrefix(`/`)', 'oders');
    const result = await run(['check', 'parent.yaml'], { cwd: directory });
    assert.equal(result.code, 1);
    assert.match(result.out, /^dynamic\.yaml:5:\d+: http\.routers\.a\.service: .*oders/m);
  } finally {
    await rm(directory, { recursive: true });
  }
});
