/** One renewal: a new key and certificate for the identity in hand. Runs in a process of its own, see `enrol-main.ts`. */
import type { Clock } from '@ficus/common/clock.ts';
import { FicusError } from '@ficus/common/errors.ts';
import type { Log } from '@ficus/common/log.ts';
import { createRequest } from '@ficus/pki/csr.ts';
import {
  currentGeneration,
  type LoadedIdentity,
  loadIdentity,
  replaceIdentity,
} from '@ficus/pki/node-identity.ts';
import { identityDirectory } from '../state/identity-directory.ts';
import { checkEnrolment } from './check-enrolment.ts';
import { callParent, type RetryOptions, reachParent } from './parent-api.ts';

export interface RenewOptions {
  readonly stateDirectory: string;
  readonly clock: Clock;
  readonly log: Log;
  /** For failed connections only; default 2 retries, the first after 500 ms. The schedule comes back later anyway. */
  readonly retry?: RetryOptions;
}

/**
 * Asks the parent for a new certificate over mTLS with the current one, and puts it in force. Until then the current
 * one stays: a failure changes nothing. Throws `certificate.expired`, the parent's own code, or `join.*`.
 */
export async function renewCertificate(options: RenewOptions): Promise<LoadedIdentity> {
  const { clock, log } = options;
  const directory = identityDirectory(options.stateDirectory);
  const now = clock.now();
  const generation = await currentGeneration(directory);
  const identity = await loadIdentity(directory);
  if (identity.facts.notAfter <= now) throw expired(identity);
  const { name, role, trustDomain, joinUrl, parents, address } = identity;
  const url = new URL(joinUrl);
  const { key, csr } = createRequest({ uri: identity.uri });
  const call = {
    url,
    path: '/v1/renew',
    body: { csr },
    roots: identity.roots,
    parents,
    own: identity,
  } as const;
  const retry = options.retry ?? { retries: 2, minTimeout: 500 };
  const enrolment = await reachParent(url, () => callParent(call), { retry, log });
  if (enrolment.child !== name || enrolment.trustDomain !== trustDomain) {
    const found = `${enrolment.child} in ${enrolment.trustDomain}`;
    throw new FicusError(
      'join.other-name',
      `want a certificate for ${name} in ${trustDomain}, found ${found}`,
    );
  }
  checkEnrolment(enrolment, key, now);
  // Somebody joined anew while we waited for the answer: theirs is the newer word.
  if ((await currentGeneration(directory)) !== generation) return loadIdentity(directory);
  return replaceIdentity(directory, {
    name,
    role,
    trustDomain,
    joinUrl,
    parents: enrolment.parents,
    ...(address === undefined ? {} : { address }),
    key,
    certificate: enrolment.certificate,
    roots: enrolment.roots,
  });
}

function expired({ name, facts }: LoadedIdentity): FicusError {
  const at = new Date(facts.notAfter).toISOString();
  return new FicusError('certificate.expired', `the certificate of ${name} expired at ${at}`, {
    remedy: `it needs a new token: \`ficus token create --child ${name}\` on the parent, then \`ficus join …\` here`,
  });
}
