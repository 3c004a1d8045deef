/** What a mesh rests on, opened in order: store, authority, the parent's own certificate, what was known of children. */
import { join } from 'node:path';
import type { Clock } from '@ficus/common/clock.ts';
import { FicusError } from '@ficus/common/errors.ts';
import type { LogLine } from '@ficus/common/log.ts';
import { Authority } from '@ficus/pki/authority.ts';
import type { ParentConfig } from '../config/parent-config.ts';
import { decodeRemembered, StateFile } from '../state/last-good.ts';
import { openStore } from '../store/open-store.ts';
import { Decisions } from './decisions.ts';
import { ParentIdentity } from './parent-identity.ts';

/** Opens it all; what was opened is closed again by `stack`. Throws `store.*`, `authority.*`, `files.*`. */
export async function openTrust(
  config: ParentConfig,
  {
    clock,
    log,
    stack,
  }: { readonly clock: Clock; readonly log: LogLine; readonly stack: AsyncDisposableStack },
) {
  const { stateDirectory, trustDomain, ca, name } = config;
  // The store first: its lock keeps a second parent from the rest of the state directory.
  const store = stack.adopt(openStore(join(stateDirectory, 'parent.db'), { clock }), (each) => each.close());
  if (store.verifyHistory() === 'broken') {
    log('error', 'the history was changed behind the back of this parent: see "ficus history"', {
      directory: stateDirectory,
    });
  }
  const decisions = stack.adopt(new Decisions({ store, clock, log }), (each) => each.close());
  const authority =
    ca === undefined
      ? await openAuthority(
          join(stateDirectory, 'ca'),
          trustDomain,
          clock,
          store.history({ limit: 1 }).length === 0,
        )
      : await Authority.fromFiles({ ...ca, trustDomain, clock });
  const ttlMs = config.join.certificateTtlMs;
  const identity = stack.adopt(await ParentIdentity.issue({ authority, name, ttlMs, clock, log }), (each) =>
    each.close(),
  );
  const childrenFile = stack.adopt(
    new StateFile(stateDirectory, 'last-good-children.json', clock, log),
    (each) => each.flush(),
  );
  return {
    store,
    decisions,
    authority,
    identity,
    childrenFile,
    remembered: decodeRemembered(await childrenFile.read()),
  };
}

/**
 * Made on first use only: a parent that has handed out tokens or certificates must not make another authority because
 * its file is gone, or every child would be cut off without a word.
 */
async function openAuthority(
  directory: string,
  trustDomain: string,
  clock: Clock,
  create: boolean,
): Promise<Authority> {
  try {
    return await Authority.open({ directory, trustDomain, clock, create });
  } catch (error) {
    if (!(error instanceof FicusError) || error.code !== 'authority.missing') throw error;
    throw new FicusError(
      'authority.missing',
      `expected the authority that this mesh's certificates come from in ${directory}, found none`,
      {
        remedy:
          'restore authority.pem there from a backup; without it every child has to join again: move the whole state directory away and start anew',
        cause: error,
      },
    );
  }
}

export type Trust = Awaited<ReturnType<typeof openTrust>>;
