/** `npm run test:container`: the demo of docker-compose.yml, brought up by a real engine. Not a part of `npm test`. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { CertificateInfo, ChildStatus, UplinkStatus } from '@ficus/common/api/admin.ts';
import { eventually } from '../harness/eventually.ts';
import { freePort } from '../harness/ports.ts';
import { get } from '../harness/request.ts';
import { type Engine, findEngine } from './engine.ts';
import { buildImages, missing, must } from './images.ts';

const found = missing() ?? (await findEngine());
const skip = typeof found === 'string' ? found : false;
const engine = found as Engine;
const door = `127.0.0.1:${await freePort()}`;
const url = `http://${door}/orders`;

const compose = (...args: readonly string[]) =>
  must(engine.docker('compose', '--project-name', `ficus-test-${process.pid}`, ...args));
const ficus = async <T>(...args: readonly string[]) =>
  JSON.parse(await compose('exec', '--no-TTY', 'parent', 'ficus', ...args, '--json')) as T;
const idOf = async (service: string) => (await compose('ps', '--quiet', service)).trim();
const inspect = async (service: string, format: string) =>
  (await must(engine.docker('inspect', '--format', format, await idOf(service)))).trim();

const up = async () => {
  await compose('up', '--detach', '--wait', '--no-build');
  await eventually(
    async () => {
      const { children } = await ficus<{ children: ChildStatus[] }>('children');
      return children.length === 2 && children.every((child) => child.state === 'connected');
    },
    20_000,
    'both children to be connected',
  );
};
const serials = async () => {
  const { certificates } = await ficus<{ certificates: CertificateInfo[] }>('pki', 'list');
  return certificates.map(({ child, serial }) => `${child} ${serial}`).sort();
};
const weights = async () => {
  const { uplinks } = await ficus<{ uplinks: UplinkStatus[] }>('uplinks');
  const legs = uplinks.find(({ name }) => name === 'orders')?.legs ?? [];
  return legs.map(({ child, weight }) => `${child} ${weight}`).sort();
};
const servedBy = async (requests: number) => {
  const by = new Set<string>();
  for (let count = 0; count < requests; count += 1) {
    const { status, servedBy: name = '' } = await get(url);
    assert.equal(status, 200);
    by.add(name);
  }
  return [...by].sort();
};

if (skip === false) {
  engine.env['FICUS_DOOR'] = door;
  after(async () => {
    await compose('down', '--volumes', '--timeout', '1').catch(() => undefined);
    for (const name of ['FICUS_IMAGE', 'FICUS_EXAMPLES_IMAGE'])
      await engine.docker('image', 'rm', engine.env[name] ?? '');
    await engine[Symbol.asyncDispose]();
  });
}

test('docker compose up is the demo: the children join, a request is routed, a weight turns', {
  skip,
}, async () => {
  await buildImages(engine);
  await up();
  await eventually(async () => (await get(url)).status === 200, 10_000, 'the first answer');
  assert.deepEqual(await servedBy(10), ['monolith']);
  await ficus('weight', 'set', 'orders', 'vm-1=50', 'cluster-1=50', '--reason', 'test');
  assert.deepEqual(await servedBy(10), ['monolith', 'orders']);
});

test('nobody is root, may become it, or may write to the root file system', { skip }, async () => {
  for (const service of ['parent', 'vm-1', 'cluster-1', 'monolith', 'orders']) {
    const ask = (command: string) => compose('exec', '--no-TTY', service, 'sh', '-c', command);
    const status = await ask('cat /proc/1/status');
    assert.match(status, /^Uid:\t65532\t65532\t65532\t65532$/m, service);
    assert.match(status, /^CapEff:\t0+$/m, service);
    assert.match(status, /^NoNewPrivs:\t1$/m, service);
    assert.match(await ask('touch /x 2>&1 || true'), /Read-only file system/, service);
  }
  for (const child of ['vm-1', 'cluster-1']) {
    const files = await compose('exec', '--no-TTY', child, 'ls', '/var/lib/ficus-child');
    assert.doesNotMatch(files, /join-token/, 'the token is gone once it was used');
  }
});

test('a child that is killed comes back, and no request fails meanwhile', { skip }, async () => {
  process.kill(Number(await inspect('cluster-1', '{{.State.Pid}}')), 'SIGKILL');
  let requests = 0;
  await eventually(
    async () => {
      const answer = await get(url);
      assert.equal(answer.status, 200, answer.body);
      requests += 1;
      return (
        requests > 20 &&
        answer.servedBy === 'orders' &&
        (await inspect('cluster-1', '{{.State.Health.Status}} {{.RestartCount}}')) === 'healthy 1'
      );
    },
    30_000,
    'cluster-1 to serve again',
  );
});

test('down and up again: same identities, same weights, and nobody is invited twice', { skip }, async () => {
  const before = { serials: await serials(), weights: await weights() };
  await compose('down');
  await up();
  assert.deepEqual({ serials: await serials(), weights: await weights() }, before);
  assert.match(await compose('logs', '--no-log-prefix', 'invite-vm-1'), /^vm-1 has joined already$/m);
  await eventually(async () => (await get(url)).status === 200, 10_000, 'an answer');
});
