import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runProgram } from '../program.ts';
import { capturedIo } from '../testing/captured-io.ts';

let cwd: string;
before(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'ficus-check-'));
  await writeFile(
    join(cwd, 'auth.yaml'),
    'http:\n  middlewares:\n    auth: {basicAuth: {usersFile: users}}\n  routers: {}\n',
  );
  await writeFile(
    join(cwd, 'parent.yaml'),
    'entryPoints: {web: {address: ":80"}}\nproviders: {file: {filename: auth.yaml}}\n',
  );
  await writeFile(join(cwd, 'users'), 'test:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/\n');
  await writeFile(join(cwd, 'shop.toml'), '[http.routers.shop]\n  rule = "Path(`/`)"\n');
});
after(() => rm(cwd, { recursive: true }));

async function check(file: string): Promise<{ code: number; out: string }> {
  const io = capturedIo({ cwd });
  return { code: await runProgram(['check', file], io), out: io.written.out };
}

test('a file of users is not called dynamic configuration', async () => {
  const { code, out } = await check('parent.yaml');
  assert.match(out, /^auth\.yaml: ok \(dynamic configuration\)$/m);
  assert.match(out, /^users: ok \(named in the configuration\)$/m);
  assert.equal(code, 0);
});

test('TOML is called TOML', async () => {
  const { code, out } = await check('shop.toml');
  assert.equal(out, 'shop.toml:1:1: TOML is not supported yet: write it as YAML, the keys are the same\n');
  assert.equal(code, 1);
});
