/** Whether the certificate a parent sent is the one that was asked for. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Enrolment } from '@ficus/common/api/admin.ts';
import { FicusError } from '@ficus/common/errors.ts';
import { certificateFacts } from '@ficus/pki/certificate.ts';
import { childId } from '@ficus/pki/identity.ts';
import { pemCertificates } from '@ficus/pki/pem.ts';

/**
 * Throws `join.bad-certificate` unless the leaf is for `key`, names the enrolled child, is within its validity and
 * its chain ends in one of the bundle's roots. Kept out: everything that would brick the node only at its next start.
 */
export function checkEnrolment(enrolment: Enrolment, key: string, now: number): void {
  const chain = pemCertificates(enrolment.certificate).map((pem) => new X509Certificate(pem));
  const leaf = chain[0];
  if (leaf === undefined) throw bad('a certificate', 'none');
  if (!leaf.checkPrivateKey(createPrivateKey(key)))
    throw bad('a certificate for our key', 'one for another key');
  const facts = certificateFacts(enrolment.certificate);
  const uri = childId(enrolment.trustDomain, enrolment.child);
  if (facts.uri !== uri) throw bad(uri, facts.uri ?? 'no identity');
  if (now >= facts.notAfter) {
    throw bad('a certificate in its validity', `one that ended at ${new Date(facts.notAfter).toISOString()}`);
  }
  const trusted = enrolment.roots
    .flatMap((pem) => pemCertificates(pem))
    .map((pem) => new X509Certificate(pem));
  for (const [at, certificate] of chain.entries()) {
    if (trusted.some((root) => issued(root, certificate))) return;
    const next = chain[at + 1];
    if (next === undefined || !issued(next, certificate)) break;
  }
  throw bad('a chain that ends in a root of the trust bundle', 'one that does not');
}

function issued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function bad(expected: string, found: string): FicusError {
  return new FicusError('join.bad-certificate', `parent's answer: want ${expected}, found ${found}`, {
    remedy: 'check the clocks of both machines and the log of the parent; nothing was changed here',
  });
}
