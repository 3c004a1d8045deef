import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { CreatedToken } from '@ficus/common/api/admin.ts';
import type { InstallStatus } from '@ficus/common/api/install.ts';
import { parse } from 'yaml';
import { reportFailure } from '../output/failure.ts';
import { runProgram } from '../program.ts';
import { capturedIo } from '../testing/captured-io.ts';
import { fakeAdmin } from '../testing/fake-admin.ts';

const sum = (digit: string) => digit.repeat(64);
const install: InstallStatus = {
  joinUrl: 'https://parent.example.com:8443',
  caPin: `sha256:${sum('c')}`,
  roots: ['-----BEGIN CERTIFICATE-----\nMIIB1jCCAXugAwIBAgIQ\n-----END CERTIFICATE-----\n'],
  names: ['parent.example.com', '10.0.0.1', '::1'],
  bundle: {
    version: '0.1.0',
    artefacts: [
      {
        ...{ arch: 'x64', file: 'ficus-linux-x64.gz', bytes: 42_000_000, sha256: sum('1') },
        ...{ executableBytes: 126_000_000, executableSha256: sum('2') },
      },
    ],
    files: [{ file: 'install.sh', bytes: 10_000, sha256: sum('3') }],
  },
  manifestSha256: sum('4'),
};
const secretToken = `v1.0123456789abcdef.${'s'.repeat(43)}`;
const token: CreatedToken = {
  ...{ id: '0123456789abcdef', child: 'vm-1', workloads: ['orders'], state: 'unused' },
  ...{ createdAt: '2026-11-21T00:00:00.000Z', expiresAt: '2026-11-22T00:00:00.000Z' },
  ...{ token: secretToken, caPin: install.caPin, command: '' },
};

/** Runs the command against a parent with this to install; `files` are in the current directory. */
async function cloudInit(
  args: readonly string[],
  { files = {}, status = install }: { files?: Record<string, string>; status?: InstallStatus } = {},
) {
  await using admin = await fakeAdmin({ 'GET /v1/install': status, 'POST /v1/tokens': token });
  for (const [name, content] of Object.entries(files)) await writeFile(join(admin.directory, name), content);
  const io = capturedIo({ cwd: admin.directory });
  const argv = ['cloud-init', '--child', 'vm-1', '--workloads', 'orders', '--socket', admin.socket, ...args];
  const code = await runProgram(argv, io).catch((error: unknown) => reportFailure(io, error));
  const asked = admin.asked.map(({ line }) => line);
  const request = admin.asked.find(({ line }) => line === 'POST /v1/tokens')?.body as
    | { secrets?: Record<string, string>; ttlSeconds?: number }
    | undefined;
  return { code, out: io.written.out, err: io.written.err, asked, request };
}
interface CloudConfig {
  readonly write_files: { path: string; permissions: string; content: string; encoding?: string }[];
  readonly runcmd: string[][];
}
const configOf = (userData: string) => parse(userData, { version: '1.1' }) as CloudConfig;
const fileIn = (userData: string, path: string) =>
  configOf(userData).write_files.find((file) => file.path === path);

const prism = ['--prism', 'https://pc.example.com:9440', '--prism-api-key-file', 'key'];
const order = [...prism, '--prism-create', '--cluster', 'c', '--subnet', 's', '--image', 'i'];
const prismFiles = {
  key: 'the-prism-key\n',
  'pc.pem': '-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n',
  'base.yaml': 'http: {services: {orders: {loadBalancer: {server: {port: 8080}}}}}\n',
};

test('the document is the golden one', async () => {
  const golden = new URL('golden/user-data.yaml', import.meta.url);
  const { code, out, err, request } = await cloudInit(
    [
      ...prism,
      ...['--prism-ca-file', 'pc.pem', '--base-file', 'base.yaml', '--poll-interval', '5s'],
      ...['--service-category-key', 'Service', '--allowed-vpc', 'tenants'],
      ...['--allowed-vpc', '8b3f0c9e-5a43-4e43-9d6f-2a6f5b7e9c10', '--address', 'vm-1.example.com:9443'],
    ],
    { files: prismFiles },
  );
  assert.equal(code, 0, err);
  if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(golden, out);
  assert.equal(
    out,
    await readFile(golden, 'utf8'),
    'run this test with UPDATE_GOLDEN=1 if the change is meant',
  );
  assert.deepEqual(request, {
    child: 'vm-1',
    workloads: ['orders'],
    ttlSeconds: 86_400,
    secrets: { 'prism-api-key': 'the-prism-key' },
  });
  assert.match(err, /of 16384 bytes; it works once, /);
});

test('it is plain, small, ASCII, and the only secret in it is the token', async () => {
  const { out, err } = await cloudInit(prism, { files: prismFiles });
  assert.equal(out.split('\n')[0], '#cloud-config');
  assert.match(out, /^[\t\n\x20-\x7e]*$/);
  assert.ok(Buffer.byteLength(out) < 8192, `${Buffer.byteLength(out)} bytes leave little room`);
  assert.ok(!`${out}${err}`.includes('the-prism-key'));
  assert.equal(out.split(secretToken).length, 2, 'the token once');
  assert.ok(!err.includes(secretToken));
  assert.deepEqual(
    configOf(out).write_files.map(({ path, permissions }) => [path, permissions]),
    [
      ['/etc/ficus/ca.pem', '0644'],
      ['/etc/ficus/child.yaml', '0640'],
      ['/var/lib/ficus-child/join-token', '0600'],
      ['/usr/local/sbin/ficus-bootstrap', '0755'],
      ['/etc/systemd/system/ficus-bootstrap.service', '0644'],
    ],
  );
});

test('a password goes the same way as a key', async () => {
  const { out, request } = await cloudInit(
    ['--prism', 'https://pc:9440', '--prism-username', 'ficus', '--prism-password-file', 'key'],
    { files: { key: 'pass word' } },
  );
  assert.deepEqual(request?.secrets, { 'prism-password': 'pass word' });
  const child = parse(fileIn(out, '/etc/ficus/child.yaml')?.content ?? '') as {
    providers: { nutanixPrismCentral: object };
  };
  assert.deepEqual(child.providers.nutanixPrismCentral, {
    endpoint: 'https://pc:9440',
    username: 'ficus',
    passwordFile: '/var/lib/ficus-child/secrets/prism-password',
  });
});

test('an own child.yaml is taken along, comments and all', async () => {
  const given = '# öffnet um 9\nworkloads:\n  orders: {url: "http://127.0.0.1:8080"} # the monolith\n';
  const { code, out, err } = await cloudInit(['--config', 'own.yaml', '--ttl', '90m'], {
    files: { 'own.yaml': given },
  });
  assert.equal(code, 0, err);
  const file = fileIn(out, '/etc/ficus/child.yaml');
  assert.equal(file?.encoding, 'b64', 'what is not ASCII travels as base64');
  const text = Buffer.from(file?.content ?? '', 'base64').toString('utf8');
  assert.match(text, /# the monolith/);
  assert.deepEqual(parse(text), {
    workloads: { orders: { url: 'http://127.0.0.1:8080' } },
    name: 'vm-1',
    stateDirectory: '/var/lib/ficus-child',
    join: {
      url: 'https://parent.example.com:8443',
      tokenFile: '/var/lib/ficus-child/join-token',
      caPins: [install.caPin],
    },
  });
});

test('nothing is asked of the parent, and no token made, for what cannot be right', async () => {
  const key = { key: 'k' };
  const big = `# ${'x'.repeat(17_000)}\nworkloads: {}\n`;
  for (const [args, files, message] of [
    [['--prism', 'https://pc:9440'], {}, /--prism wants one way to log in/],
    [[...prism, '--prism-username', 'u'], key, /--prism wants one way to log in/],
    [['--base-file', 'b'], {}, /--base-file is of no use without --prism/],
    [prism, { key: '\n' }, /key: want a secret of 1 to 16384 characters, found 0/],
    [['--prism', 'http://pc', '--prism-api-key-file', 'key'], key, /child\.yaml:.*endpoint: want https:\/\//],
    [[...prism, '--poll-interval', 'soon'], key, /pollInterval: want a duration/],
    [
      [...prism, '--base-file', 'b'],
      { ...key, b: 'http: {services: {orders: {loadBalancer: {servers: []}}}}' },
      /b:1:\d+: .*servers/,
    ],
    [
      [...prism, '--prism-ca-file', 'c'],
      { ...key, c: '-----BEGIN PRIVATE KEY-----' },
      /c: want certificates in PEM/,
    ],
    [['--ttl', 'long'], {}, /--ttl wants a duration, got "long"/],
    [['--address', 'nowhere:x'], {}, /join\.address/],
    [['--config', 'c'], { c: 'workloads: {Orders_: {url: x}}' }, /c:1:13: workloads/],
    [
      ['--config', 'c'],
      { c: 'name: other\nworkloads: {}' },
      /c: name is there already, and --child says it too/,
    ],
    [
      ['--config', 'c'],
      { c: 'join: {url: "https://p:8443", tokenFile: t, caPins: []}' },
      /c says how to join|caPins/,
    ],
    [
      ['--config', 'c'],
      { c: big },
      /user-data must be at most 16384 bytes, this would be \d+: \/etc\/ficus\/child\.yaml 17\d\d\d, \//,
    ],
    [
      ['--config', 'c'],
      { c: 'providers: {nutanixPrismCentral: {endpoint: "https://pc:9440", apiKey: hunter2}}' },
      /c holds a secret, and user-data can be read by others/,
    ],
    [
      ['--config', 'c', ...prism],
      { ...key, c: `providers: {nutanixPrismCentral: {endpoint: "https://pc:9440", apiKeyFile: x}}` },
      /--prism says it too/,
    ],
    [
      ['--join-address', 'other.example.com:8443'],
      {},
      /certificate has parent\.example\.com, .*and not other\.example\.com/,
    ],
    [['--join-address', 'parent.example.com'], {}, /--join-address wants host:port/],
    [['--join-address', 'a@parent.example.com:8443'], {}, /--join-address wants host:port/],
    [['--prism-create'], {}, /--prism-create wants --prism/],
    [[...prism, '--prism-create', '--cluster', 'c'], key, /wants --cluster, --subnet and --image/],
    [['--cluster', 'c'], {}, /--cluster is of no use without --prism-create/],
    [[...order, '--vcpus', '0'], key, /--vcpus wants a whole number from 1 to 999, got "0"/],
    [[...order, '--memory', '4GB'], key, /--memory wants a size, got "4GB"/],
    [[...order, '--category', 'x'], key, /--category wants <key>=<value>, got "x"/],
    [[...order, '--create-username', 'u'], key, /--prism-create wants one way to log in/],
    [['--terraform', '--prism-create'], {}, /--terraform and --prism-create are two outcomes/],
    [['--terraform', '--json'], {}, /--terraform and --json are two outcomes/],
  ] as const) {
    const result = await cloudInit(args, { files: files as Record<string, string> });
    assert.notEqual(result.code, 0, `${args}`);
    assert.match(result.err, message);
    assert.match(result.err, /\n {2}do: /);
    assert.ok(!result.asked.includes('POST /v1/tokens'), `a token for ${args}`);
    assert.equal(result.out, '');
    assert.ok(!result.err.includes('hunter2'));
  }
});

test('a parent with nothing to install, or that nobody reaches, says so', async () => {
  const { bundle: _, manifestSha256: __, ...bare } = install;
  const problem = { code: 'install.disk-full', message: 'the disk is full', remedy: 'free space' };
  const full = await cloudInit([], { status: { ...bare, problem } });
  assert.equal(full.code, 1);
  assert.equal(full.err, 'error: the disk is full\n  code: install.disk-full\n  do: free space\n');
  const lonely = await cloudInit([], { status: { ...install, joinUrl: 'https://127.0.0.1:8443' } });
  assert.match(lonely.err, /no other machine reaches this parent at https:\/\/127\.0\.0\.1:8443/);
  const said = await cloudInit(['--join-address', '10.0.0.1:9000'], {
    status: { ...install, joinUrl: 'https://localhost:8443' },
  });
  assert.match(said.out, /url: https:\/\/10\.0\.0\.1:9000\n/);
});

test('a parent that still prepares its bundle is waited for', async () => {
  const { bundle: _, manifestSha256: __, ...bare } = install;
  const preparing = { ...bare, problem: { code: 'install.preparing', message: 'in some seconds' } };
  const answers = [preparing, preparing, install];
  await using admin = await fakeAdmin({
    get 'GET /v1/install'() {
      return answers.shift();
    },
    'POST /v1/tokens': token,
  });
  const io = capturedIo({ cwd: admin.directory });
  const code = await runProgram(
    ['cloud-init', '--child', 'vm-1', '--workloads', 'orders', '--socket', admin.socket],
    io,
  );
  assert.equal(code, 0);
  assert.match(
    io.written.err,
    /^the parent prepares what is to be installed; waiting for it\nuser-data for vm-1/,
  );
});

test('for programs', async () => {
  const { out } = await cloudInit(['--json']);
  const { userData, metaData, ...rest } = JSON.parse(out) as Record<string, string>;
  assert.deepEqual(rest, {
    tokenId: token.id,
    expiresAt: token.expiresAt,
    bytes: Buffer.byteLength(userData ?? ''),
  });
  const meta = JSON.parse(metaData ?? '') as Record<string, string>;
  assert.match(meta['uuid'] ?? '', /^[0-9a-f-]{36}$/);
  assert.equal(meta['hostname'], 'vm-1');
});

test('the script that the machine runs is one that sh understands', async () => {
  const { out } = await cloudInit([]);
  const script = fileIn(out, '/usr/local/sbin/ficus-bootstrap')?.content ?? '';
  const run = promisify(execFile)('/bin/sh', ['-n']);
  run.child.stdin?.end(script);
  await run;
  assert.match(script, new RegExp(`echo "${sum('3')} {2}\\$work/install\\.sh" \\| sha256sum -c`));
  assert.match(script, new RegExp(`--sha256 ${sum('4')} `));
});
