/** From `ficus cloud-init` to an installed child: the script in user-data against a real parent. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, readFile, rm } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TokenInfo } from '@ficus/common/api/admin.ts';
import { parse } from 'yaml';
import { type FirstBoot, firstBoot } from '../harness/first-boot.ts';
import {
  eventually,
  find,
  type ParentProcess,
  run,
  startParent,
  type TemporaryDirectory,
  without,
} from '../harness/harness.ts';
import { installBundle } from '../harness/install-bundle.ts';

const executable = Buffer.from('#!/bin/sh\necho ficus\n');
const golden = fileURLToPath(
  new URL('../../packages/cli/src/cloud-init/golden/user-data.yaml', import.meta.url),
);
const tokenFile = '/var/lib/ficus-child/join-token';

let bundle: TemporaryDirectory;
let parent: ParentProcess;

before(async () => {
  bundle = await installBundle(executable);
  parent = await startParent({ static: { install: { directory: bundle.path } } });
});
after(async () => {
  await parent?.[Symbol.asyncDispose]();
  await bundle?.[Symbol.asyncDispose]();
});

const cloudInit = (...args: readonly string[]) => parent.cloudInit(...args);

async function userData(): Promise<string> {
  return eventually(async () => {
    const { code, stdout, stderr } = await cloudInit();
    if (code !== 0) throw new Error(stderr);
    return stdout;
  });
}

const installed = (machine: FirstBoot) => readFile(machine.file('/usr/local/bin/ficus'));

test('a machine installs, waits for the join, and forgets the token', async () => {
  const text = await userData();
  const token = /v1\.[0-9a-f]{16}\.[\w-]{43}/.exec(text)?.[0] ?? '';
  await using machine = await firstBoot(text);
  machine.run();
  await machine.says(/installed ficus 0\.1\.0/);
  assert.deepEqual(await installed(machine), executable);
  assert.equal((await readFile(machine.file(tokenFile), 'utf8')).trim(), token);
  // As the child does once it has joined.
  await rm(machine.file(tokenFile));
  assert.equal(await machine.exited, 0, machine.said);
  assert.match(machine.said, /joined; follow the child/);
  const kept = await readFile(machine.file('/var/lib/cloud/instances/i-1/user-data.txt'), 'utf8');
  assert.ok(!kept.includes(token) && kept.includes('spent'), kept);
  assert.equal(kept.length, text.length);
  assert.match(
    await readFile(machine.file('/systemctl.log'), 'utf8'),
    /disable --quiet ficus-bootstrap\.service/,
  );
  assert.ok(!machine.said.includes(token));
});

test('a parent that is not there yet is waited for, also over a reboot', async () => {
  const text = await userData();
  await parent.process.stop();
  await using machine = await firstBoot(text);
  machine.run();
  await machine.says(/waiting for https:\/\/127\.0\.0\.1:\d+: .*; again in 2 s/);
  await parent.start();
  await machine.says(/installed ficus/);
  await rm(machine.file(tokenFile));
  assert.equal(await machine.exited, 0, machine.said);
  machine.run();
  assert.equal(await machine.exited, 0, machine.said);
  assert.match(machine.said, /is installed already/);
});

test('a parent with another install.sh than the one that was promised is not believed', async () => {
  const text = await userData();
  const [, sum = ''] = /echo "([0-9a-f]{64}) {2}\$work/.exec(text) ?? [];
  await using machine = await firstBoot(text.replaceAll(sum, 'f'.repeat(64)));
  machine.run();
  assert.equal(await machine.exited, 3, machine.said);
  assert.match(machine.said, /make new user-data with ficus cloud-init/);
  await assert.rejects(access(machine.file('/usr/local/bin/ficus')));
});

test('a refused option leaves no token behind', async () => {
  const before = await parent.admin<{ tokens: TokenInfo[] }>('/tokens');
  const { code, stderr } = await cloudInit('--prism', 'https://pc.example.com:9440');
  assert.equal(code, 2);
  assert.match(stderr, /--prism wants one way to log in/);
  assert.deepEqual(await parent.admin('/tokens'), before);
});

test("cloud-init's own schema takes it", { skip: without('cloud-init') }, async () => {
  for (const file of [golden, await bundle.write('user-data', await userData())]) {
    const { stdout, stderr } = await promisify(execFile)(find('cloud-init') ?? '', ['schema', '-c', file]);
    assert.match(stdout + stderr, /Valid (cloud-config|schema)/);
  }
});

test('the script in it is clean', { skip: without('shellcheck') }, async () => {
  await using machine = await firstBoot(await readFile(golden, 'utf8'));
  const { promise, resolve } = Promise.withResolvers<string>();
  execFile(
    find('shellcheck') ?? '',
    [machine.file('/usr/local/sbin/ficus-bootstrap')],
    (_error, stdout, stderr) => resolve(stdout + stderr),
  );
  assert.equal(await promise, '');
});

test('HCL reads the resource, and what it makes of it is the user-data', {
  skip: without('hclfmt') || without('hcldec'),
}, async () => {
  const dollar = '$';
  const note = `# FICUS_USER_DATA ${dollar}{HOME} %{if} ${dollar}${dollar}{x} ${dollar}x 100%`;
  const own = await bundle.write(
    'own.yaml',
    `${note}\nworkloads: {orders: {url: "http://127.0.0.1:8080"}}\n`,
  );
  const { stdout, code, stderr } = await cloudInit('--terraform', '--child-config', own);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /resource "nutanix_virtual_machine_v2" "ficus_vm_1"/);
  const formatted = await run('hclfmt', [await bundle.write('vm.tf', stdout)]);
  assert.equal(formatted.code, 0, formatted.stderr);
  assert.equal(formatted.stdout, stdout, 'as `terraform fmt` writes it');

  // The text alone: functions are Terraform's own.
  const [, heredoc = ''] = /value = base64encode\((<<[\s\S]*?\n)\s+\)\n/.exec(stdout) ?? [];
  const spec = 'object {\n  attr "value" {\n    type     = string\n    required = true\n  }\n}\n';
  const decoded = await run('hcldec', [
    '--spec',
    await bundle.write('spec.hcl', spec),
    await bundle.write('value.hcl', `value = ${heredoc}`),
  ]);
  assert.equal(decoded.code, 0, decoded.stderr);
  const { value } = JSON.parse(decoded.stdout) as { value: string };
  assert.match(value, /^#cloud-config\n/);
  const config = parse(value, { version: '1.1' }) as { write_files: { path: string; content: string }[] };
  const content = (end: string) => config.write_files.find(({ path }) => path.endsWith(end))?.content ?? '';
  assert.ok(content('child.yaml').startsWith(`${note}\n`), content('child.yaml'));
  const script = /say\(\) \{ echo "ficus bootstrap: \$\*"; \}/;
  assert.match(content('ficus-bootstrap'), script);
});
