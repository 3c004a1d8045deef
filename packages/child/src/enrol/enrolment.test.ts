import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FicusError } from '@ficus/common/errors.ts';
import fc from 'fast-check';
import { decodeEnrolment, enrolmentLimit } from './enrolment.ts';

const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const good = {
  child: 'vm-1',
  trustDomain: 'ficus.local',
  certificate: pem + pem,
  roots: [pem],
  parents: ['spiffe://ficus.local/parent/main'],
};

test('a good answer passes, and unknown members are dropped', () => {
  assert.deepEqual(decodeEnrolment(JSON.stringify({ ...good, more: 1 })), good);
});

for (const [what, change] of [
  ['child with a quote', { child: 'vm"1' }],
  ['no trust domain', { trustDomain: undefined }],
  ['certificate that is a key', { certificate: pem.replaceAll('CERTIFICATE', 'PRIVATE KEY') }],
  ['empty bundle', { roots: [] }],
  ['bundle without end', { roots: Array(33).fill(pem) }],
  ['a child as parent', { parents: ['spiffe://ficus.local/child/vm-2'] }],
  ['no parents', { parents: [] }],
] as const) {
  test(`refused: ${what}`, () => {
    assert.throws(() => decodeEnrolment(JSON.stringify({ ...good, ...change })), {
      code: 'join.bad-answer',
      message: new RegExp(Object.keys(change)[0] as string),
    });
  });
}

test('refused: more than the cap', () => {
  assert.throws(() => decodeEnrolment(' '.repeat(enrolmentLimit + 1)), { code: 'join.bad-answer' });
});

test('whatever comes, the answer is an enrolment or a FicusError', () => {
  const member = fc.oneof(fc.string(), fc.constant(pem), fc.array(fc.string()), fc.jsonValue());
  const near = fc
    .record({ child: member, roots: member, certificate: member, parents: member }, { requiredKeys: [] })
    .map((change) => JSON.stringify({ ...good, ...change }));
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), near), (text) => {
      try {
        assert.match(decodeEnrolment(text).child, /^[a-z0-9-]+$/);
      } catch (error) {
        assert.ok(error instanceof FicusError, String(error));
      }
    }),
  );
});
