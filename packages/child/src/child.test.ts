/** A whole child in this process: real files, sockets and certificates, a parent played by an HTTPS client. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemClock } from '@ficus/common/clock.ts';
import { createLog } from '@ficus/common/log.ts';
import { type Advertisement, advertisementPath } from '@ficus/common/uplink/advertisement.ts';
import { createRequest } from '@ficus/pki/csr.ts';
import { loadIdentity } from '@ficus/pki/node-identity.ts';
import { dialerTls } from '@ficus/pki/tls-policy.ts';
import { createToken } from '@ficus/pki/token.ts';
import { startChild } from './child.ts';
import { joinParent } from './enrol/join.ts';
import { identityDirectory } from './state/identity-directory.ts';
import { loadChildConfig } from './state/load-config.ts';
import { type FakeParent, startFakeParent } from './testing/fake-parent.ts';

let root = '';
let parent: FakeParent;
let count = 0;
const endpoint = createServer((request, response) => response.end(`${request.headers.host} ${request.url}`));
const lines: { level: string; msg: string; err?: { code: string } }[] = [];
const log = createLog({ destination: { write: (line) => void lines.push(JSON.parse(line)) } });

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'ficus-child-'));
  parent = await startFakeParent(join(root, 'parent'));
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
});
after(async () => {
  endpoint.closeAllConnections();
  endpoint.close();
  await parent[Symbol.asyncDispose]();
  await rm(root, { recursive: true });
});

const url = () => `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}`;
const yaml = (...names: string[]) => `
stateDirectory: ./state
uplinkEntryPoints:
  uplink: {address: "127.0.0.1:0", transport: {lifeCycle: {requestAcceptGraceTimeout: 0s, graceTimeOut: 1s}}}
workloads: {${names.map((name) => `${name}: {url: "${url()}"}`).join(', ')}}
`;

/** A joined child's folder with its configuration. */
async function prepare(text: string): Promise<{ file: string; state: string }> {
  const directory = join(root, `d${count++}`);
  await mkdir(directory);
  const file = join(directory, 'child.yaml');
  await writeFile(file, text);
  const state = join(directory, 'state');
  await joinParent({
    url: parent.url,
    token: createToken(Date.now()).token,
    caPins: [parent.authority.pin],
    stateDirectory: state,
    clock: systemClock,
    log,
  });
  return { file, state };
}

async function start(file: string, more: { renewEveryMs?: number } = {}) {
  lines.length = 0;
  const config = await loadChildConfig(file, log);
  const child = await startChild({
    config,
    configFile: file,
    log,
    clock: systemClock,
    signals: false,
    ...more,
  });
  const port = child.ports.get('uplink') as number;
  return Object.assign(child, { port, [Symbol.asyncDispose]: async () => void (await child.close()) });
}

/** TLS options of somebody with a certificate of the mesh's authority. */
async function as(uri: string) {
  const { key, csr } = createRequest({ uri });
  const { certificate } = await parent.authority.issue({ csr, uri, ttlMs: 3_600_000 });
  const tls = { key, certificate, roots: parent.authority.roots, alpn: ['http/1.1'] };
  return { ...dialerTls(tls, ['spiffe://ficus.test/child/vm-1']), agent: false, host: '127.0.0.1' };
}
const main = () => as('spiffe://ficus.test/parent/main');

async function get(port: number, path: string, headers: Record<string, string> = {}, uri?: string) {
  const options = { ...(await (uri === undefined ? main() : as(uri))), port, path, headers };
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number;
    body: string;
    serial: string;
  }>();
  request(options, async (response) => {
    let body = '';
    for await (const chunk of response) body += chunk;
    const socket = response.socket as unknown as { getPeerCertificate(): { serialNumber: string } };
    const serial = socket.getPeerCertificate?.().serialNumber ?? '';
    resolve({ status: response.statusCode ?? 0, body, serial });
  })
    .on('error', reject)
    .end();
  return promise;
}

/** The lines of a watch, parsed, without heartbeats. */
async function* watch(port: number): AsyncGenerator<Advertisement> {
  const { promise, resolve, reject } = Promise.withResolvers<NodeJS.ReadableStream>();
  const options = { ...(await main()), port, path: `${advertisementPath}?watch` };
  const outgoing = request(options, resolve).on('error', reject);
  outgoing.end();
  // Ended or broken off by a child that goes, or by us: for a watch it is the same.
  const input = (await promise).on('error', () => {});
  let text = '';
  try {
    for await (const chunk of input) {
      const lines = (text + String(chunk)).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) if (line !== '') yield JSON.parse(line);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
  } finally {
    outgoing.destroy();
  }
}

test('serves a workload to its parent and advertises it; to others it shows nothing', async () => {
  const { file } = await prepare(yaml('orders'));
  await using child = await start(file);
  const data = await get(child.port, '/a?b', { 'ficus-uplink': 'orders', host: 'shop.example' });
  assert.deepEqual([data.status, data.body], [200, 'shop.example /a?b']);
  const advertisement = JSON.parse((await get(child.port, advertisementPath)).body) as Advertisement;
  assert.equal(advertisement.child, 'vm-1');
  assert.deepEqual(advertisement.uplinks, [
    { name: 'orders', weight: 1, protocol: 'http', endpoints: { healthy: 1, total: 1 } },
  ]);
  assert.equal((await get(child.port, '/', { 'ficus-uplink': 'nothing' })).status, 404);
  const thief = 'spiffe://ficus.test/child/other';
  const stolen = await get(child.port, advertisementPath, {}, thief).catch((error: Error) => error);
  if (!(stolen instanceof Error)) assert.equal(stolen.status, 403);
});

test('a new workload reaches a watching parent, and a broken configuration does not', async () => {
  const { file } = await prepare(yaml('orders'));
  await using child = await start(file);
  const seen = watch(child.port);
  const names = async () => (await seen.next()).value?.uplinks.map(({ name }: { name: string }) => name);
  assert.deepEqual(await names(), ['orders']);
  const began = performance.now();
  await writeFile(file, yaml('billing', 'orders'));
  assert.deepEqual(await names(), ['billing', 'orders']);
  const tookMs = performance.now() - began;
  assert.ok(tookMs < 1000, `took ${tookMs} ms`);
  assert.equal((await get(child.port, '/', { 'ficus-uplink': 'billing' })).status, 200);
  await writeFile(file, yaml('orders').replace('url', 'uri'));
  await writeFile(file, yaml('orders'));
  assert.deepEqual(await names(), ['orders']);
  await seen.return(undefined);
});

test('an endpoint that fails its check is advertised as unhealthy, and as healthy when it is back', async () => {
  let status = 200;
  const checked = createServer((_, response) => response.writeHead(status).end());
  await new Promise<void>((resolve) => checked.listen(0, '127.0.0.1', resolve));
  const check = 'healthCheck: {path: /ready, interval: 20ms, unhealthyInterval: 20ms, timeout: 1s}';
  const port = (checked.address() as AddressInfo).port;
  const { file } = await prepare(
    yaml('orders').replace(`url: "${url()}"`, `url: "http://127.0.0.1:${port}", ${check}`),
  );
  await using child = await start(file);
  const seen = watch(child.port);
  const healthyIs = async (wanted: number) => {
    for (;;) {
      const { value, done } = await seen.next();
      assert.ok(!done);
      if (value.uplinks[0]?.endpoints.healthy === wanted) return;
    }
  };
  await healthyIs(1);
  status = 503;
  await healthyIs(0);
  status = 200;
  await healthyIs(1);
  await seen.return(undefined);
  checked.closeAllConnections();
  checked.close();
});

test('draining is said before the end, and the end closes the port', async () => {
  const { file } = await prepare(yaml('orders'));
  const child = await start(file);
  const seen = watch(child.port);
  assert.equal((await seen.next()).value?.draining, false);
  const [next] = await Promise.all([seen.next(), child.close()]);
  assert.equal(next.value?.draining, true);
  assert.deepEqual(await seen.next(), { done: true, value: undefined });
  assert.deepEqual(await child.close(), { cut: 0 });
  await assert.rejects(get(child.port, '/'), { code: 'ECONNREFUSED' });
});

test('starts from what served last when the configuration is broken, and heals when it is mended', async () => {
  const { file } = await prepare(yaml('orders'));
  await (await start(file)).close();
  await writeFile(file, yaml('orders').replace('url', 'uri'));
  await using child = await start(file);
  assert.equal((await get(child.port, '/', { 'ficus-uplink': 'orders' })).status, 200);
  assert.ok(lines.some(({ level, err }) => level === 'error' && err?.code === 'config.refused'));
  const seen = watch(child.port);
  await seen.next();
  await writeFile(file, yaml('billing', 'orders'));
  const { value } = await seen.next();
  assert.equal(value?.uplinks.length, 2);
  await seen.return(undefined);
});

test('a renewed certificate is shown without a restart, and the watch goes on', async () => {
  const { file, state } = await prepare(yaml('orders'));
  const before = (await loadIdentity(identityDirectory(state))).facts.serial;
  await using child = await start(file, { renewEveryMs: 50 });
  const seen = watch(child.port);
  await seen.next();
  let serial = before;
  for (let i = 0; i < 200 && serial === before; i++) {
    serial = (await get(child.port, '/', { 'ficus-uplink': 'orders' })).serial;
  }
  assert.notEqual(serial, before);
  await writeFile(file, yaml('billing', 'orders'));
  assert.equal((await seen.next()).value?.uplinks.length, 2);
  await seen.return(undefined);
});

test('a port in use, a child that has not joined, another name: one error each, and nothing is left running', async () => {
  const { file } = await prepare(yaml('orders'));
  const taken = (endpoint.address() as AddressInfo).port;
  await writeFile(file, yaml('orders').replace('127.0.0.1:0', `127.0.0.1:${taken}`));
  await assert.rejects(start(file), { name: 'FicusError', message: new RegExp(`${taken}`) });
  await writeFile(file, `name: vm-2\n${yaml('orders')}`);
  await assert.rejects(start(file), { code: 'child.other-name' });
  await writeFile(file, yaml('orders').replace('./state', './nowhere'));
  await assert.rejects(start(file), { code: 'identity.missing' });
});

test('what a kill left of a join goes at the next start; a token that came since stays, and is told', async () => {
  const { file } = await prepare(
    `join: {url: "https://p:8443", tokenFile: token, caPins: [x]}\n${yaml('orders')}`,
  );
  const folder = dirname(file);
  await writeFile(join(folder, 'token'), 'used');
  await writeFile(join(folder, 'state/join-pending.json'), '{}');
  await utimes(join(folder, 'token'), 1, 1);
  await (await start(file)).close();
  assert.deepEqual((await readdir(folder)).includes('token'), false);
  assert.deepEqual((await readdir(join(folder, 'state'))).includes('join-pending.json'), false);

  await writeFile(join(folder, 'token'), 'new');
  await utimes(join(folder, 'token'), Date.now() / 1000 + 60, Date.now() / 1000 + 60);
  await (await start(file)).close();
  assert.ok((await readdir(folder)).includes('token'));
  assert.ok(lines.some(({ msg }) => msg.endsWith('token: a token without effect: this child has joined')));
});
