/**
 * The key of a join whose answer has not come yet. It is on disk before the token is sent: when the answer is lost,
 * joining again with the same token and key gets the same certificate instead of a spent token.
 */
import { createHash } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { readFileCapped, writeFileAtomically } from '@ficus/common/atomic-file.ts';

export interface PendingJoin {
  /** PEM; never leaves this machine. */
  readonly key: string;
  /** PKCS#10, PEM: the very bytes that were sent. */
  readonly csr: string;
}

const fileName = 'join-pending.json';

/** The pending join of this token and name, if there is one; another token's is no use and ignored. */
export async function readPendingJoin(
  stateDirectory: string,
  token: string,
  name: string | undefined,
): Promise<PendingJoin | undefined> {
  const bytes = await readFileCapped(join(stateDirectory, fileName), 64 * 1024);
  if (bytes === undefined) return undefined;
  try {
    const value = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
    const { forJoin, key, csr } = value;
    if (forJoin !== fingerprint(token, name) || typeof key !== 'string' || typeof csr !== 'string')
      return undefined;
    return { key, csr };
  } catch {
    // Not ours, or damaged: a new key costs nothing as long as the token is unused.
    return undefined;
  }
}

/** Keeps `pending` until `clearPendingJoin`; 0600, and of the token only a hash. */
export async function writePendingJoin(
  stateDirectory: string,
  token: string,
  name: string | undefined,
  pending: PendingJoin,
): Promise<void> {
  const text = JSON.stringify({ forJoin: fingerprint(token, name), ...pending });
  await writeFileAtomically(join(stateDirectory, fileName), text);
}

export async function clearPendingJoin(stateDirectory: string): Promise<void> {
  await unlink(join(stateDirectory, fileName)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

function fingerprint(token: string, name: string | undefined): string {
  return createHash('sha256')
    .update(JSON.stringify([token, name ?? null]))
    .digest('hex');
}
