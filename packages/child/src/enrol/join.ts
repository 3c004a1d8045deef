/** `ficus join`: turns a token into this node's identity. Loaded by the command only, never by a serving child. */
import type { Enrolment } from '@ficus/common/api/admin.ts';
import type { Clock } from '@ficus/common/clock.ts';
import { FicusError } from '@ficus/common/errors.ts';
import type { Log } from '@ficus/common/log.ts';
import { isNodeName } from '@ficus/common/names.ts';
import { currentGeneration, loadIdentity, replaceIdentity } from '@ficus/pki/node-identity.ts';
import { fetchVerifiedRoots } from '@ficus/pki/pin.ts';
import { privateDirectory } from '@ficus/pki/private-files.ts';
import { parseToken } from '@ficus/pki/token.ts';
import { identityDirectory } from '../state/identity-directory.ts';
import { writeSecrets } from '../state/secrets.ts';
import { checkEnrolment } from './check-enrolment.ts';
import { createKeyRequest } from './key-request.ts';
import { callParent, type RetryOptions, reachParent } from './parent-api.ts';
import { clearPendingJoin, readPendingJoin, writePendingJoin } from './pending.ts';

export interface JoinOptions {
  /** The parent's join listener, `https://parent:8443`. */
  readonly url: string;
  readonly token: string;
  /** `sha256:<hex>` of the parent's root; several while a root is being replaced. */
  readonly caPins: readonly string[];
  /** Made (0700) when missing. */
  readonly stateDirectory: string;
  /** Refuse to join under any other name; default: the name the token is for. */
  readonly name?: string;
  /** `host:port` the parent dials; default: the address this machine calls from, and port 9443. */
  readonly address?: string;
  /** Replace an identity that is still good. */
  readonly force?: boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** For failed connections only; default 5 retries, the first after 500 ms. */
  readonly retry?: RetryOptions;
}

export interface Joined {
  readonly child: string;
  readonly trustDomain: string;
  /** End of the certificate, milliseconds since the epoch. */
  readonly notAfter: number;
  readonly parents: readonly string[];
}

/**
 * Joins a parent. The pin is checked before anything is sent, the key is on disk before the token is sent, the answer
 * is checked before anything is kept; running it again after a lost answer gets the same certificate.
 * Throws the parent's own code (`token.expired`, `csr.other-name`, …) or one of `join.*`, `token.*`, `files.*`.
 */
export async function joinParent(options: JoinOptions): Promise<Joined> {
  const { stateDirectory, token, name, address, clock, log } = options;
  const url = joinUrl(options.url);
  parseToken(token);
  if (name !== undefined && !isNodeName(name)) throw badName(name);
  await privateDirectory(stateDirectory);
  const earlier = await readPendingJoin(stateDirectory, token, name);
  if (earlier === undefined) await refuseReplacing(options);
  else log.info('an earlier join got no answer: asking again with the same key');

  const { key, csr } = earlier ?? createKeyRequest(name);
  const body = { token, csr, ...(address === undefined ? {} : { address }) };
  const attempt = async (): Promise<Enrolment> => {
    const { hostname, port } = url;
    const host = hostname.replace(/^\[|\]$/g, '');
    const server = { host, port: Number(port || 443), pins: options.caPins };
    const { roots, parent } = await fetchVerifiedRoots(server);
    await writePendingJoin(stateDirectory, token, name, { key, csr });
    return callParent({ url, path: '/v1/join', body, roots, parents: [parent] });
  };
  const retry = options.retry ?? { retries: 5, minTimeout: 500 };
  const enrolment = await reachParent(url, attempt, { retry, log });
  if (name !== undefined && enrolment.child !== name) throw otherName(name, enrolment.child);
  checkEnrolment(enrolment, key, clock.now());

  const { child, trustDomain, parents, certificate, roots, secrets } = enrolment;
  // Before the identity: a child that has one never asks for them again.
  if (secrets !== undefined) await writeSecrets(stateDirectory, secrets);
  const profile = { name: child, role: 'child', trustDomain, joinUrl: url.origin, parents } as const;
  const { facts } = await replaceIdentity(identityDirectory(stateDirectory), {
    ...profile,
    ...(address === undefined ? {} : { address }),
    key,
    certificate,
    roots,
  });
  await clearPendingJoin(stateDirectory);
  log.info({ child, trustDomain, notAfter: new Date(facts.notAfter).toISOString() }, 'joined');
  return { child, trustDomain, notAfter: facts.notAfter, parents };
}

/** Only `https://host[:port]`: anything more would be ignored silently. */
function joinUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' && url.href === `${url.origin}/`) return url;
  throw new FicusError(
    'join.bad-url',
    `want https://host:port, found ${JSON.stringify(text.slice(0, 200))}`,
    {
      remedy: 'give the address of the parent’s join listener, such as https://parent.example.com:8443',
      status: 400,
    },
  );
}

/** A node that is somebody already is not made somebody else by a slip of the hand. */
async function refuseReplacing({ stateDirectory, force, clock, log }: JoinOptions): Promise<void> {
  const directory = identityDirectory(stateDirectory);
  if ((await currentGeneration(directory)) === undefined) return;
  try {
    const { name, trustDomain, facts } = await loadIdentity(directory, clock.now());
    const who = `${name} in ${trustDomain}, until ${new Date(facts.notAfter).toISOString()}`;
    if (force) {
      log.warn({ child: name, trustDomain }, 'replacing the identity of a node that has joined');
      return;
    }
    throw new FicusError('join.already-joined', `${stateDirectory}: already joined as ${who}`, {
      remedy:
        'to replace it use --force: the key and certificate there are deleted, and a running child takes the new ones',
      status: 409,
    });
  } catch (error) {
    const code = error instanceof FicusError ? error.code : '';
    if (code !== 'identity.expired' && code !== 'identity.broken') throw error;
    log.warn({ err: error }, 'replacing an identity that can’t be used');
  }
}

function badName(name: string): FicusError {
  const found = JSON.stringify(name.slice(0, 80));
  return new FicusError('join.bad-name', `--name: want lower-case letters, digits and "-", found ${found}`, {
    remedy: 'use the name the token was created for',
    status: 400,
  });
}

function otherName(wanted: string, found: string): FicusError {
  return new FicusError('join.other-name', `want to join as ${wanted}, but the token is for ${found}`, {
    remedy: `leave --name out, or create a token for ${wanted}`,
  });
}
