import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { readCertificate } from './certificate-der.ts';
import { DerError, der, integer, maxDerBytes, oid, readAll, readOid, readOne } from './der.ts';
import { peerSpiffeId } from './identity.ts';
import { makeCertificate } from './testing/certificates.ts';

test('what is written is read back', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.uint8Array({ maxLength: 400 }))),
      (items) => {
        const bytes = Buffer.concat(items.map(([tag, content]) => der(tag, content)));
        const read = readAll(bytes);
        assert.deepEqual(
          read.map(({ tag, content }) => [tag, Buffer.from(content)]),
          items.map(([tag, content]) => [tag, Buffer.from(content)]),
        );
      },
    ),
  );
});

test('object identifiers and integers', () => {
  for (const dotted of [
    '1.2.840.113549.1.9.14',
    '2.5.29.17',
    '1.3.6.1.5.5.7.3.1',
    '2.16.840.1.101.3.4.2.1',
    '0.9',
  ])
    assert.equal(readOid(readOne(oid(dotted), 0x06).content), dotted);
  assert.equal(integer(0).toString('hex'), '020100');
  assert.equal(integer(200_000).toString('hex'), '0203030d40');
  assert.equal(integer(128).toString('hex'), '02020080');
  assert.equal(integer(Buffer.from('0000ff', 'hex')).toString('hex'), '020200ff');
});

test('loose encodings are refused', () => {
  const cases: Record<string, string> = {
    'indefinite length': '3080',
    'length not minimal': '04810101',
    'length not minimal, two bytes': `04820080${'00'.repeat(128)}`,
    'four byte length': '048400000001ff',
    'ends in header': '04',
    'ends in length': '0482',
    'ends in value': '0402ff',
    'multi-byte tag': '1f8101ff',
  };
  for (const [name, hex] of Object.entries(cases))
    assert.throws(() => readAll(Buffer.from(hex, 'hex')), DerError, name);
  assert.throws(() => readAll(Buffer.alloc(maxDerBytes + 1)), /longer/);
  assert.throws(() => readAll(Buffer.from('0500'.repeat(513), 'hex')), /more than/);
  assert.throws(() => readOne(Buffer.from('05000500', 'hex'), 0x05), DerError);
  for (const hex of ['', '80', '8001', '2a86', `2a${'ff'.repeat(12)}7f`])
    assert.throws(() => readOid(Buffer.from(hex, 'hex')), DerError, hex);
});

const good = new X509Certificate(makeCertificate({ dnsNames: ['vm-1.example'] }).certificate).raw;

test('fuzz: a mutated certificate is read or refused, never crashes', () => {
  const mutation = fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 6 }), (changes) => {
      const bytes = Buffer.from(good);
      for (const [at, value] of changes) bytes[at] = value;
      try {
        assert.match(peerSpiffeId(bytes), /^spiffe:\/\/[a-z0-9._-]+\/(parent|child)\/[-a-z0-9]+$/);
      } catch (error) {
        assert.match(String((error as { code?: string }).code), /^identity\./);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('every cut of a certificate, and any bytes after it, are refused', () => {
  for (let length = 0; length < good.length; length++)
    assert.throws(() => readCertificate(good.subarray(0, length)), DerError, `cut at ${length}`);
  assert.throws(() => readCertificate(Buffer.concat([good, Buffer.from([0])])), DerError);
});

test('fuzz: random bytes throw DerError only', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      assert.throws(() => readCertificate(bytes), DerError);
    }),
  );
});
