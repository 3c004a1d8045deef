/** The parent's answer to join and renew, checked before a byte of it is believed. */
import type { Enrolment } from '@ficus/common/api/admin.ts';
import { FicusError } from '@ficus/common/errors.ts';
import { isNodeName } from '@ficus/common/names.ts';
import { isTrustDomain, parseSpiffeId } from '@ficus/pki/identity.ts';

/** Bytes of an answer; a chain and a bundle of several roots stay far below. */
export const enrolmentLimit = 256 * 1024;
const maxListed = 32;
const pemChain = /^(?:-----BEGIN CERTIFICATE-----\s[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*)+$/;

/** Reads an `Enrolment` out of `text`; throws `join.bad-answer` that names the member at fault. */
export function decodeEnrolment(text: string): Enrolment {
  if (text.length > enrolmentLimit) throw bad('the answer', `at most ${enrolmentLimit} bytes`, text.length);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw bad('the answer', 'JSON', 'something else');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw bad('the answer', 'an object', Array.isArray(value) ? 'a list' : typeof value);
  }
  const members = value as Record<string, unknown>;
  return {
    child: string(members, 'child', 'a node name', isNodeName),
    trustDomain: string(members, 'trustDomain', 'a trust domain', isTrustDomain),
    certificate: string(members, 'certificate', 'PEM certificates', (text) => pemChain.test(text)),
    roots: list(members, 'roots', 'PEM certificates', (text) => pemChain.test(text)),
    parents: list(members, 'parents', 'SPIFFE IDs of parents', isParentUri),
    ...(members['secrets'] === undefined ? {} : { secrets: secretsOf(members['secrets']) }),
  };
}

const maxSecrets = 8;
const maxSecretLength = 16_384;

/** They become files: no name may lead out of their folder. What is wrong is never shown. */
function secretsOf(value: unknown): Readonly<Record<string, string>> {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const good = entries.every(
    ([name, text]) =>
      /^[a-z0-9-]{1,63}$/.test(name) && typeof text === 'string' && text.length <= maxSecretLength,
  );
  if (good && entries.length > 0 && entries.length <= maxSecrets) return Object.fromEntries(entries);
  throw bad('secrets', `1 to ${maxSecrets} named texts`, undefined);
}

function isParentUri(text: string): boolean {
  try {
    return parseSpiffeId(text).role === 'parent';
  } catch {
    return false;
  }
}

function string(
  members: Record<string, unknown>,
  name: string,
  expected: string,
  accepts: (text: string) => boolean,
): string {
  const value = members[name];
  if (typeof value !== 'string' || !accepts(value)) throw bad(name, expected, value);
  return value;
}

function list(
  members: Record<string, unknown>,
  name: string,
  expected: string,
  accepts: (text: string) => boolean,
): readonly string[] {
  const value = members[name];
  if (!Array.isArray(value) || value.length === 0 || value.length > maxListed) {
    throw bad(name, `1 to ${maxListed} ${expected}`, Array.isArray(value) ? `${value.length}` : value);
  }
  for (const item of value) {
    if (typeof item !== 'string' || !accepts(item)) throw bad(name, expected, item);
  }
  return value as readonly string[];
}

function bad(name: string, expected: string, found: unknown): FicusError {
  const shown = typeof found === 'string' ? JSON.stringify(found.slice(0, 40)) : typeof found;
  return new FicusError('join.bad-answer', `parent's answer: ${name}: want ${expected}, found ${shown}`, {
    remedy:
      'check that the URL is the parent’s join listener and that parent and child run compatible versions',
  });
}
