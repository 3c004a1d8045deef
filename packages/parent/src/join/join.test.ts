import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import type { Enrolment } from '@ficus/common/api/admin.ts';
import { systemClock } from '@ficus/common/clock.ts';
import type { Problem } from '@ficus/common/errors.ts';
import { Authority } from '@ficus/pki/authority.ts';
import { createRequest } from '@ficus/pki/csr.ts';
import { childId } from '@ficus/pki/identity.ts';
import { fetchVerifiedRoots } from '@ficus/pki/pin.ts';
import { createToken } from '@ficus/pki/token.ts';
import { Agent, request } from 'undici';
import { by, type TestStore, testStore } from '../store/fixture.ts';
import { type JoinApi, startJoin } from './start-join.ts';

interface TestJoin extends AsyncDisposable {
  readonly t: TestStore;
  readonly api: JoinApi;
  readonly authority: Authority;
  readonly joined: string[];
  /** Child and code of each. */
  readonly refused: string[];
  readonly log: string[];
  token(child: string, ttlMs?: number): { token: string; id: string };
  post(
    path: string,
    body: unknown,
    identity?: { key: string; cert: string },
  ): Promise<{ status: number; body: unknown }>;
}

const csrOf = (name: string) => createRequest({ uri: childId('ficus.test', name) });

async function testJoin(): Promise<TestJoin> {
  const t = testStore();
  t.clock.time = Date.now();
  const authority = await Authority.open({ directory: join(t.directory, 'ca'), trustDomain: 'ficus.test' });
  const joined: string[] = [];
  const refused: string[] = [];
  const log: string[] = [];
  const api = await startJoin({
    store: new Proxy({} as TestStore['store'], { get: (_none, key) => Reflect.get(t.store, key) }),
    authority,
    runtime: {
      childJoined: (name) => void joined.push(name),
      joinRefused: ({ child = 'nobody', code }) => void refused.push(`${child} ${code}`),
    },
    parentName: 'main',
    address: '127.0.0.1:0',
    names: ['localhost', '127.0.0.1'],
    clock: { ...systemClock, now: () => t.clock.time, monotonic: () => t.clock.time },
    log: (level, message, fields) => void log.push(JSON.stringify({ level, message, ...fields })),
  });
  return {
    t,
    api,
    authority,
    joined,
    refused,
    log,
    token(child, ttlMs = 900_000) {
      const { token, id, secretHash } = createToken(t.clock.time, ttlMs);
      t.store.createToken({ id, secretHash, child, workloads: ['orders'], ttlMs }, by);
      return { token, id };
    },
    async post(path, body, identity) {
      const agent = new Agent({
        connect: { ca: [...authority.roots], servername: 'localhost', ...identity },
      });
      try {
        const answer = await request(`https://127.0.0.1:${api.port}${path}`, {
          dispatcher: agent,
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        return { status: answer.statusCode, body: await answer.body.json() };
      } finally {
        await agent.destroy();
      }
    },
    async [Symbol.asyncDispose]() {
      await api.close();
      t[Symbol.dispose]();
    },
  };
}

test('a child that knows only the pin joins, and a lost answer can be asked for again', async () => {
  await using j = await testJoin();
  const { roots } = await fetchVerifiedRoots({
    host: '127.0.0.1',
    port: j.api.port,
    pins: [j.authority.pin],
  });
  assert.deepEqual(
    roots.map((pem) => pem.trim()),
    j.authority.roots.map((pem) => pem.trim()),
  );

  const { token } = j.token('vm-1');
  const { csr } = csrOf('vm-1');
  const first = await j.post('/v1/join', { token, csr });
  const enrolment = first.body as Enrolment;
  assert.equal(first.status, 200);
  assert.deepEqual(
    [enrolment.child, enrolment.trustDomain, enrolment.parents],
    ['vm-1', 'ficus.test', ['spiffe://ficus.test/parent/main']],
  );
  const leaf = new X509Certificate(enrolment.certificate);
  assert.equal(leaf.subjectAltName, 'URI:spiffe://ficus.test/child/vm-1');
  assert.equal(j.t.store.child('vm-1')?.serial, leaf.serialNumber);
  assert.equal(j.t.store.child('vm-1')?.address, '127.0.0.1:9443');
  assert.deepEqual(j.joined, ['vm-1']);

  const again = await j.post('/v1/join', { token, csr });
  assert.equal((again.body as Enrolment).certificate, enrolment.certificate);
  const other = await j.post('/v1/join', { token, csr: csrOf('vm-1').csr });
  assert.deepEqual([other.status, (other.body as Problem).code], [403, 'token.used']);
  assert.ok(!j.log.join().includes(token.split('.')[2] as string), 'no secret in the log');
});

test('fifty keys race for one token: one wins', async () => {
  await using j = await testJoin();
  const { token } = j.token('vm-1');
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => j.post('/v1/join', { token, csr: csrOf('vm-1').csr })),
  );
  assert.equal(answers.filter((answer) => answer.status === 200).length, 1);
  for (const { status, body } of answers.filter((answer) => answer.status !== 200)) {
    assert.ok(status === 403 || status === 429, JSON.stringify(body));
  }
  assert.deepEqual([j.t.store.children().length, j.t.store.certificates().length], [1, 1]);
});

test('refusals have their own codes, change nothing, are logged, and are limited', async () => {
  await using j = await testJoin();
  const expired = j.token('vm-1', 1000);
  const revoked = j.token('vm-1');
  j.t.store.revokeToken(revoked.id, by);
  const good = j.token('vm-1');
  j.t.clock.time += 1000;
  const entries = j.t.store.history({}).length;
  const { csr } = csrOf('vm-1');
  const forged = `${good.token.slice(0, 20)}${createToken(0).token.slice(20)}`;
  const cases: [body: unknown, code: string][] = [
    [{ token: 'rubbish', csr }, 'token.malformed'],
    [{ token: createToken(0).token, csr }, 'token.unknown'],
    [{ token: forged, csr }, 'token.forged'],
    [{ token: expired.token, csr }, 'token.expired'],
    [{ token: revoked.token, csr }, 'token.revoked'],
    [{ token: good.token, csr: csrOf('vm-2').csr }, 'csr.other-name'],
    [{ token: good.token, csr: 'rubbish' }, 'csr.malformed'],
    [{ token: good.token, csr, address: 'a b' }, 'child.address'],
    [{ token: good.token, csr, address: 'vm:0' }, 'child.address'],
  ];
  for (const [body, code] of cases) {
    const { body: problem } = await j.post('/v1/join', body);
    assert.equal((problem as Problem).code, code);
    assert.ok(j.log.at(-1)?.includes(code), `${code} is logged`);
    const genuine = !['token.malformed', 'token.unknown', 'token.forged'].includes(code);
    assert.equal(j.refused.at(-1), `${genuine ? 'vm-1' : 'nobody'} ${code}`, 'and shown');
    // A minute later, so that the limit stays out of this; tokens live on.
    j.t.clock.time += 60_000;
  }
  assert.deepEqual([j.t.store.children(), j.t.store.history({}).length], [[], entries]);

  for (let i = 0; i < 5; i += 1) await j.post('/v1/join', { token: 'rubbish', csr });
  const limited = await j.post('/v1/join', { token: good.token, csr });
  assert.deepEqual([limited.status, (limited.body as Problem).code], [429, 'join.too-many-failures']);
  j.t.clock.time += 60_000;
  assert.equal((await j.post('/v1/join', { token: good.token, csr })).status, 200);
});

test('a child renews with its certificate; nobody else does', async () => {
  await using j = await testJoin();
  const { token } = j.token('vm-1');
  const { key, csr } = csrOf('vm-1');
  const { certificate: cert } = (await j.post('/v1/join', { token, csr })).body as Enrolment;
  const next = csrOf('vm-1');
  const renewed = await j.post('/v1/renew', { csr: next.csr }, { key, cert });
  const { certificate } = renewed.body as Enrolment;
  assert.equal(renewed.status, 200);
  assert.equal(j.t.store.child('vm-1')?.serial, new X509Certificate(certificate).serialNumber);

  const refused = async (code: string, identity?: { key: string; cert: string }, of = 'vm-1') => {
    const { status, body } = await j.post('/v1/renew', { csr: csrOf(of).csr }, identity);
    assert.deepEqual([status, (body as Problem).code], [403, code]);
  };
  await refused('identity.unverified');
  await refused('csr.other-name', { key, cert }, 'vm-2');
  const others = await Authority.open({ directory: join(j.t.directory, 'ca2'), trustDomain: 'ficus.test' });
  const foreign = csrOf('vm-1');
  const theirs = await others.issue({ csr: foreign.csr, uri: childId('ficus.test', 'vm-1'), ttlMs: 60_000 });
  await refused('identity.unverified', { key: foreign.key, cert: theirs.certificate });
  const parent = createRequest({ uri: 'spiffe://ficus.test/parent/main' });
  const parents = await j.authority.issue({
    csr: parent.csr,
    uri: 'spiffe://ficus.test/parent/main',
    ttlMs: 60_000,
  });
  await refused('identity.not-a-child', { key: parent.key, cert: parents.certificate });

  j.t.store.revokeCertificate(new X509Certificate(cert).serialNumber, by);
  await refused('certificate.revoked', { key, cert });
  j.t.store.revokeChild('vm-1', by);
  await refused('child.revoked', { key: next.key, cert: certificate });
});

test('TLS 1.2 is refused, nothing is resumed, and big bodies are not read', async () => {
  await using j = await testJoin();
  const old = connect({
    host: '127.0.0.1',
    port: j.api.port,
    maxVersion: 'TLSv1.2',
    rejectUnauthorized: false,
  });
  const [error] = (await once(old, 'error')) as [NodeJS.ErrnoException];
  assert.match(String(error.code), /TLS|SSL|ECONNRESET/);

  const socket: TLSSocket = connect({ host: '127.0.0.1', port: j.api.port, ca: [...j.authority.roots] });
  let session: Buffer | undefined;
  socket.on('session', (offered) => {
    session = offered;
  });
  await once(socket, 'secureConnect');
  socket.write('GET /v1/roots HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  assert.match(answer, /200 OK[\s\S]*"trustDomain":"ficus.test"/);
  const second = connect({
    host: '127.0.0.1',
    port: j.api.port,
    ca: [...j.authority.roots],
    ...(session && { session }),
  });
  await once(second, 'secureConnect');
  assert.equal(second.isSessionReused(), false, 'a resumed session would skip the client certificate');
  second.destroy();

  const big = await j.post('/v1/join', { token: 'x', csr: 'x'.repeat(70_000) });
  assert.deepEqual([big.status, (big.body as Problem).code], [413, 'request.too-large']);
});
