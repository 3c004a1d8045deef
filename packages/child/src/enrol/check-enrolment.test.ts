import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemClock } from '@ficus/common/clock.ts';
import { Authority } from '@ficus/pki/authority.ts';
import { checkEnrolment } from './check-enrolment.ts';
import { createKeyRequest } from './key-request.ts';

const trustDomain = 'ficus.test';
const parents = [`spiffe://${trustDomain}/parent/main`];
let directory = '';
let authority: Authority;
let other: Authority;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ficus-enrol-'));
  authority = await Authority.open({ directory: join(directory, 'a'), trustDomain, clock: systemClock });
  other = await Authority.open({ directory: join(directory, 'b'), trustDomain, clock: systemClock });
});
after(() => rm(directory, { recursive: true }));

async function enrol(name: string | undefined, child = 'vm-1', ttlMs = 3_600_000) {
  const { key, csr } = createKeyRequest(name);
  const uri = `spiffe://${trustDomain}/child/${child}`;
  const { certificate } = await authority.issue({ csr, uri, ttlMs });
  return { key, enrolment: { child: 'vm-1', trustDomain, certificate, roots: authority.roots, parents } };
}

test('an authority signs a request that names nobody, and the answer holds', async () => {
  const { key, enrolment } = await enrol(undefined);
  checkEnrolment(enrolment, key, Date.now());
});

test('a request with a name gets a certificate for that name only', async () => {
  const { key, enrolment } = await enrol('vm-1');
  checkEnrolment(enrolment, key, Date.now());
  await assert.rejects(enrol('vm-2'), { code: 'csr.other-name' });
});

test('refused: another key, another name, past its end, a root that did not sign it', async () => {
  const { key, enrolment } = await enrol(undefined);
  const code = 'join.bad-certificate';
  assert.throws(() => checkEnrolment(enrolment, createKeyRequest(undefined).key, Date.now()), { code });
  assert.throws(() => checkEnrolment(enrolment, key, Date.now() + 7_200_000), { code });
  assert.throws(() => checkEnrolment({ ...enrolment, roots: other.roots }, key, Date.now()), { code });
  const wrong = await enrol(undefined, 'vm-2');
  assert.throws(() => checkEnrolment(wrong.enrolment, wrong.key, Date.now()), { code, message: /vm-2/ });
});
