/** This node's identity as a child needs it at start and at each renewal. */
import { FicusError } from '@ficus/common/errors.ts';
import type { Log } from '@ficus/common/log.ts';
import { type LoadedIdentity, loadIdentity } from '@ficus/pki/node-identity.ts';
import type { ChildConfig } from '../config/child-config.ts';
import { identityDirectory } from './identity-directory.ts';
import type { UplinkIdentity } from './uplink-identity.ts';

/** Reads it and checks that it is a child's, with the configured name. Throws `identity.*`, `files.*`, `child.*`. */
export async function loadNode({ stateDirectory, name }: ChildConfig): Promise<LoadedIdentity> {
  const identity = await loadIdentity(identityDirectory(stateDirectory));
  if (identity.role !== 'child') {
    throw new FicusError(
      'child.not-a-child',
      `${stateDirectory}: want a child's identity, found ${identity.uri}`,
      {
        remedy: 'give parent and child a state directory each',
      },
    );
  }
  if (name !== undefined && name !== identity.name) throw otherName(name, identity.name);
  return identity;
}

/** The error for an identity of another name. */
export function otherName(wanted: string, found: string): FicusError {
  return new FicusError('child.other-name', `want the identity of ${wanted}, found that of ${found}`, {
    remedy: `correct \`name\`, or join with a token for ${wanted} and start again`,
  });
}

/** Not a reason to stay away: local entrypoints serve, and a `ficus join` heals it without a restart. */
export function warnIfExpired({ name, facts }: LoadedIdentity, now: number, log: Log): void {
  if (now < facts.notAfter) return;
  const at = new Date(facts.notAfter).toISOString();
  const err = new FicusError('certificate.expired', `the certificate of ${name} expired at ${at}`, {
    remedy: `it needs a new token: \`ficus token create --child ${name}\` on the parent, then \`ficus join …\` here`,
  });
  log.error({ err }, 'no parent can use this child until it joins again');
}

/** What the uplink entrypoints show, and to whom they listen. */
export function uplinkIdentity({ certificate, key, roots, parents }: LoadedIdentity): UplinkIdentity {
  return { certificate: { cert: certificate, key }, roots, peers: parents };
}
