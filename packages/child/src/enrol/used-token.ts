/** A join token that was used: nothing of it may stay, whenever the process that joined was ended. */
import { lstat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { FicusError } from '@ficus/common/errors.ts';
import type { Log } from '@ficus/common/log.ts';
import type { ChildConfig } from '../config/child-config.ts';
import { identityDirectory } from '../state/identity-directory.ts';
import { clearPendingJoin } from './pending.ts';

/** Deletes the file; one that is gone is as good. Throws `join.token-stays`. */
export async function deleteToken(tokenFile: string): Promise<void> {
  await unlink(tokenFile).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return;
    throw new FicusError('join.token-stays', `${tokenFile}: joined, but the used token can’t be deleted`, {
      remedy: 'delete it by hand; it is of no more use',
      cause,
    });
  });
}

/**
 * For a start with an identity: a kill may have come between the identity and the end of what it was got with. A token that
 * is younger than the identity was put there since, and stays.
 */
export async function clearUsedToken({ join: by, stateDirectory }: ChildConfig, log: Log): Promise<void> {
  if (by === undefined) return;
  try {
    await clearPendingJoin(stateDirectory);
    const [token, identity] = await Promise.all([
      changedAt(by.tokenFile),
      changedAt(join(identityDirectory(stateDirectory), 'current')),
    ]);
    if (token === undefined || identity === undefined) return;
    if (token <= identity) return await deleteToken(by.tokenFile);
    const remedy = 'to replace its identity: `ficus join --force --token-file …`; else delete the file';
    log.warn({ remedy }, `${by.tokenFile}: a token without effect: this child has joined`);
  } catch (err) {
    log.warn({ err }, 'something of the join is left');
  }
}

/** Milliseconds since the epoch; of a link itself. */
async function changedAt(path: string): Promise<number | undefined> {
  const found = await lstat(path).catch(() => undefined);
  return found?.mtimeMs;
}
