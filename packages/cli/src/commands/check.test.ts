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

test('of a child that asks Prism Central: its keys, its base file, and no VM is missed', async () => {
  const child = (more: string) => `
providers: {nutanixPrismCentral: {endpoint: https://pc:9440, filename: base.yaml, ${more}}}
http:
  routers: {orders: {rule: PathPrefix(\`/\`), service: orders@nutanixprismcentral, uplinks: [shop]}}
  uplinks: {shop: {}}
`;
  await writeFile(
    join(cwd, 'base.yaml'),
    'http: {services: {orders: {loadBalancer: {server: {port: 8080}}}}}\n',
  );
  await writeFile(join(cwd, 'child.yaml'), child('apiKeyFile: key'));
  const right = await check('child.yaml');
  assert.match(right.out, /^child\.yaml: ok/m);
  assert.match(right.out, /^base\.yaml: ok/m);
  assert.equal(right.code, 0, right.out);
  await writeFile(join(cwd, 'child.yaml'), child('apiKey: k, password: p'));
  assert.match((await check('child.yaml')).out, /child\.yaml:2:\d+: .*password: an API key is given too/);
  await writeFile(join(cwd, 'child.yaml'), child('apiKey: k'));
  await writeFile(
    join(cwd, 'base.yaml'),
    'http: {services: {orders: {loadBalancer: {server: {prt: 8080}}}}}\n',
  );
  const wrong = await check('child.yaml');
  assert.match(wrong.out, /base\.yaml:1:52: .*unknown key "prt", did you mean "port"\?/);
  assert.equal(wrong.code, 1);
});

test('TOML is called TOML', async () => {
  const { code, out } = await check('shop.toml');
  assert.equal(out, 'shop.toml:1:1: TOML is not supported yet: write it as YAML, the keys are the same\n');
  assert.equal(code, 1);
});
