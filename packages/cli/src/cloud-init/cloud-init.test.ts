import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { runProgram } from '../program.ts';
import { capturedIo } from '../testing/captured-io.ts';
import { fakeAdmin } from '../testing/fake-admin.ts';
import {
  cloudInit,
  configOf,
  fileIn,
  install,
  prism,
  prismFiles,
  secretToken,
  sum,
  token,
} from './fixture.ts';

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
  const { code, out, err } = await cloudInit(['--child-config', 'own.yaml', '--ttl', '90m'], {
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
  // A parent would not take it from its file; this one is somebody else's.
  const hostile = await cloudInit([], { status: { ...install, joinUrl: "https://a;reboot'`id`:8443" } });
  assert.notEqual(hostile.code, 0);
  assert.equal(hostile.out, '');
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

test('--config is where the parent is, as everywhere', async () => {
  await using admin = await fakeAdmin({ 'GET /v1/install': install, 'POST /v1/tokens': token });
  const entryPoints = { web: { address: '127.0.0.1:0' } };
  const parent = { entryPoints, providers: { multicluster: {} }, stateDirectory: admin.directory };
  await writeFile(join(admin.directory, 'parent.yaml'), JSON.stringify(parent));
  const io = capturedIo({ cwd: admin.directory });
  const argv = ['cloud-init', '--child', 'vm-1', '--workloads', 'orders', '--config', 'parent.yaml'];
  assert.equal(await runProgram(argv, io), 0);
  assert.match(io.written.out, /^#cloud-config/);
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
  assert.match(script, /^url='https:\/\/parent\.example\.com:8443'$/m);
  assert.match(script, new RegExp(`--sha256 ${sum('4')} `));
});
