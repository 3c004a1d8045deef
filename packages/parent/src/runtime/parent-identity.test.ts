import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Clock, systemClock } from '@ficus/common/clock.ts';
import { Authority } from '@ficus/pki/authority.ts';
import { eventually } from '../testing/fake-child.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { ParentIdentity } from './parent-identity.ts';

const hour = 3_600_000;
let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ficus-identity-'));
});
after(() => rm(directory, { recursive: true }));

/** An identity of one hour whose time the test moves; the authority refuses while `refuse`. */
async function issued() {
  const manual = new ManualClock();
  const start = Math.floor(systemClock.now() / 1000) * 1000;
  const clock: Clock = {
    now: () => start + manual.now(),
    monotonic: () => manual.monotonic(),
    after: (ms, fn) => manual.after(ms, fn),
  };
  const authority = await Authority.open({ directory, trustDomain: 'test.internal', clock });
  const state = { refuse: false, asked: 0, logged: [] as string[] };
  const identity = await ParentIdentity.issue({
    authority: {
      trustDomain: authority.trustDomain,
      roots: authority.roots,
      issue(request) {
        state.asked += 1;
        return state.refuse ? Promise.reject(new Error('the disk is gone')) : authority.issue(request);
      },
    },
    name: 'main',
    ttlMs: hour,
    clock,
    log: (level, message) => state.logged.push(`${level} ${message}`),
  });
  return Object.assign(state, { identity, manual });
}

test('it is a certificate of the parent, for its own key', async () => {
  const { identity } = await issued();
  const { cert, key } = identity.current.certificate;
  const certificate = new X509Certificate(cert);
  assert.equal(certificate.subjectAltName, 'URI:spiffe://test.internal/parent/main');
  assert.match(key, /PRIVATE KEY/);
  assert.ok(certificate.checkIssued(new X509Certificate(identity.current.roots[0] ?? '')));
  identity.close();
});

test('at half of its life, and not before, another key and certificate are in force and told', async () => {
  const run = await issued();
  const told: string[] = [];
  run.identity.onRenewed(({ certificate }) => told.push(certificate.cert));
  const first = run.identity.current.certificate;
  run.manual.advance(hour / 2 - 1000);
  assert.equal(run.asked, 1);
  run.manual.advance(1000);
  await eventually(() => told.length === 1);
  const second = run.identity.current.certificate;
  assert.deepEqual(told, [second.cert]);
  assert.notEqual(second.key, first.key);
  run.manual.advance(hour / 2);
  await eventually(() => told.length === 2);
  run.identity.close();
});

test('a renewal that fails keeps the certificate and is tried again each minute', async () => {
  const run = await issued();
  let told = 0;
  run.identity.onRenewed(() => (told += 1));
  const first = run.identity.current;
  run.refuse = true;
  run.manual.advance(hour / 2);
  await eventually(() => run.logged.length === 1);
  assert.deepEqual(run.logged, ['error own certificate could not be renewed']);
  assert.equal(run.identity.current, first);
  run.refuse = false;
  run.manual.advance(60_000);
  await eventually(() => told === 1);
  assert.notEqual(run.identity.current, first);
  run.identity.close();
});

test('closed: it is renewed no more', async () => {
  const run = await issued();
  run.identity.close();
  run.manual.advance(hour);
  assert.equal(run.asked, 1);
});
