import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemClock } from '@ficus/common/clock.ts';
import type { FicusError } from '@ficus/common/errors.ts';
import { createLog } from '@ficus/common/log.ts';
import { loadIdentity } from '@ficus/pki/node-identity.ts';
import { createToken } from '@ficus/pki/token.ts';
import { identityDirectory } from '../state/identity-directory.ts';
import { type FakeParent, startFakeParent } from '../testing/fake-parent.ts';
import { enrolInProcess } from './enrol-process.ts';
import { type JoinOptions, joinParent } from './join.ts';
import { renewCertificate } from './renew.ts';

let root = '';
let count = 0;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'ficus-join-'));
});
after(() => rm(root, { recursive: true }));
const fresh = () => join(root, `d${count++}`);

const lines: string[] = [];
const log = createLog({ destination: { write: (line) => void lines.push(line) } });
const token = createToken(Date.now()).token;
const retry = { retries: 2, minTimeout: 1 };

function options(parent: FakeParent, stateDirectory: string, more: Partial<JoinOptions> = {}): JoinOptions {
  const caPins = [parent.authority.pin];
  return { url: parent.url, token, caPins, stateDirectory, clock: systemClock, log, retry, ...more };
}

test('joins: the identity is on disk, private, and the pending key is gone', async () => {
  await using parent = await startFakeParent(fresh());
  const state = fresh();
  const joined = await joinParent(options(parent, state, { address: '10.0.0.5:9443' }));
  assert.deepEqual([joined.child, joined.trustDomain], ['vm-1', 'ficus.test']);
  const identity = await loadIdentity(identityDirectory(state), Date.now());
  assert.equal(identity.uri, 'spiffe://ficus.test/child/vm-1');
  assert.equal(identity.joinUrl, parent.url);
  assert.equal(identity.address, '10.0.0.5:9443');
  assert.deepEqual(JSON.parse(parent.requests[0]?.body ?? '').address, '10.0.0.5:9443');
  assert.deepEqual(await readdir(state), ['identity']);
  assert.equal((await stat(state)).mode & 0o777, 0o700);
  assert.ok(!lines.join('').includes(token));
});

test('a wrong pin: refused, and not a byte of the token was sent', async () => {
  await using parent = await startFakeParent(fresh());
  const state = fresh();
  const caPins = [`sha256:${'0'.repeat(64)}`];
  await assert.rejects(joinParent(options(parent, state, { caPins })), { code: 'join.pin-mismatch' });
  assert.equal(parent.requests.length, 0);
  assert.deepEqual(await readdir(state), []);
});

test('another child with a good certificate can not collect tokens', async () => {
  await using thief = await startFakeParent(fresh(), { role: 'child' });
  await assert.rejects(joinParent(options(thief, fresh())), { code: 'join.not-a-parent' });
  assert.equal(thief.requests.length, 0);
});

test('a lost reply: the same key is asked for again, within one join and in the next one', async () => {
  await using parent = await startFakeParent(fresh());
  const state = fresh();
  for (let i = 0; i < 4; i++) parent.script.push({ kind: 'lose' });
  await assert.rejects(joinParent(options(parent, state)), { code: 'join.unreachable' });
  assert.equal(parent.requests.length, 3);
  await joinParent(options(parent, state));
  assert.equal(parent.requests.length, 5);
  assert.equal(new Set(parent.requests.map((request) => request.keyPin)).size, 1);
  await loadIdentity(identityDirectory(state), Date.now());
  assert.ok(!(await readdir(state)).includes('join-pending.json'));
});

test('the pending key is private, and of no use to another token', async () => {
  await using parent = await startFakeParent(fresh());
  const state = fresh();
  parent.script.push({ kind: 'refuse' });
  await assert.rejects(joinParent(options(parent, state)));
  const pending = join(state, 'join-pending.json');
  assert.equal((await stat(pending)).mode & 0o777, 0o600);
  assert.ok(!(await readFile(pending, 'utf8')).includes(token));
  await joinParent(options(parent, state, { token: createToken(Date.now()).token }));
  assert.equal(new Set(parent.requests.map((request) => request.keyPin)).size, 2);
});

test('a refusal passes the parent’s code and remedy through, at the first try', async () => {
  await using parent = await startFakeParent(fresh());
  const state = fresh();
  parent.script.push({ kind: 'refuse', code: 'token.revoked' });
  await assert.rejects(joinParent(options(parent, state)), (error: FicusError) => {
    assert.deepEqual([error.code, error.remedy, error.status], ['token.revoked', 'a new one', 403]);
    assert.match(error.message, /too late/);
    return true;
  });
  assert.equal(parent.requests.length, 1);
  await assert.rejects(loadIdentity(identityDirectory(state)), { code: 'identity.missing' });
});

test('a node that has joined is not replaced without --force', async () => {
  await using parent = await startFakeParent(fresh());
  const state = fresh();
  await joinParent(options(parent, state));
  const next = createToken(Date.now()).token;
  await assert.rejects(joinParent(options(parent, state, { token: next })), (error: FicusError) => {
    assert.equal(error.code, 'join.already-joined');
    assert.match(error.message, /vm-1 in ficus\.test/);
    assert.match(error.remedy ?? '', /--force: the key and certificate there are deleted/);
    return true;
  });
  const before = await loadIdentity(identityDirectory(state));
  await joinParent(options(parent, state, { token: next, force: true }));
  const after = await loadIdentity(identityDirectory(state));
  assert.notEqual(after.facts.serial, before.facts.serial);
});

test('--name that is not the token’s is refused on the parent, whose code comes back', async () => {
  await using parent = await startFakeParent(fresh());
  await joinParent(options(parent, fresh(), { name: 'vm-1' }));
  await assert.rejects(joinParent(options(parent, fresh(), { name: 'VM 1' })), { code: 'join.bad-name' });
});

test('bad URLs and tokens are refused before anything is dialled', async () => {
  await using parent = await startFakeParent(fresh());
  for (const url of [
    'http://127.0.0.1:1',
    'parent:8443',
    `${parent.url}/v1`,
    'https://u:p@127.0.0.1:1',
    '',
  ]) {
    await assert.rejects(joinParent(options(parent, fresh(), { url })), { code: 'join.bad-url' });
  }
  await assert.rejects(joinParent(options(parent, fresh(), { token: 'v1.x' })), { code: 'token.malformed' });
  assert.equal(parent.connections(), 0);
});

test('nobody there: tried again, then one line that says what to check', async () => {
  await using parent = await startFakeParent(fresh());
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  const url = `https://127.0.0.1:${port}`;
  lines.length = 0;
  await assert.rejects(joinParent(options(parent, fresh(), { url })), { code: 'join.unreachable' });
  assert.equal(lines.filter((line) => line.includes('parent not reached')).length, 2);
});

test('renewal: a new key over mTLS as itself; a refusal changes nothing', async () => {
  await using parent = await startFakeParent(fresh());
  const stateDirectory = fresh();
  await joinParent(options(parent, stateDirectory));
  const before = await loadIdentity(identityDirectory(stateDirectory));
  const renewal = { stateDirectory, clock: systemClock, log, retry };
  parent.script.push({ kind: 'refuse', code: 'child.revoked' });
  await assert.rejects(renewCertificate(renewal), { code: 'child.revoked' });
  assert.equal((await loadIdentity(identityDirectory(stateDirectory))).facts.serial, before.facts.serial);
  const after = await renewCertificate(renewal);
  assert.notEqual(after.key, before.key);
  assert.equal(after.joinUrl, parent.url);
  const last = parent.requests.at(-1);
  assert.deepEqual([last?.path, last?.peer], ['/v1/renew', 'spiffe://ficus.test/child/vm-1']);
});

test('an expired certificate is not even tried: it needs a new token', async () => {
  await using parent = await startFakeParent(fresh());
  const stateDirectory = fresh();
  await joinParent(options(parent, stateDirectory));
  const clock = { ...systemClock, now: () => Date.now() + 7_200_000 };
  await assert.rejects(renewCertificate({ stateDirectory, clock, log, retry }), (error: FicusError) => {
    assert.equal(error.code, 'certificate.expired');
    assert.match(error.remedy ?? '', /new token/);
    return true;
  });
  assert.equal(parent.requests.length, 1);
  await joinParent(options(parent, stateDirectory, { clock, token: createToken(Date.now()).token })).catch(
    (error: FicusError) => assert.equal(error.code, 'join.bad-certificate'),
  );
  assert.equal(parent.requests.length, 2);
});

test('a renewal process renews, and passes a refusal on with its code', async () => {
  await using parent = await startFakeParent(fresh());
  const state = fresh();
  await joinParent(options(parent, state));
  const before = await loadIdentity(identityDirectory(state));
  const { signal } = new AbortController();
  await enrolInProcess({ kind: 'renew', stateDirectory: state }, signal);
  assert.notEqual((await loadIdentity(identityDirectory(state))).facts.serial, before.facts.serial);
  parent.script.push({ kind: 'refuse', code: 'child.revoked' });
  await assert.rejects(enrolInProcess({ kind: 'renew', stateDirectory: state }, signal), {
    code: 'child.revoked',
    remedy: 'a new one',
  });
});
