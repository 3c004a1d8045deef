/** The bearer token of the admin API over TCP: made at first start, kept in a private file. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FicusError } from '@ficus/common/errors.ts';
import { createPrivate, readPrivate } from '@ficus/pki/private-files.ts';

/** Judges an `authorization` header. */
export type TokenCheck = (authorization: string | undefined) => boolean;

/** Where the token is. */
export function adminTokenFile(stateDirectory: string): string {
  return join(stateDirectory, 'admin-token');
}

/**
 * Reads the token, making it (256 random bits) when there is none. Throws `files.*` when the file is open to others
 * or can't be written, `admin.bad-token-file` when it holds no token.
 */
export async function openAdminToken(stateDirectory: string): Promise<TokenCheck> {
  const file = adminTokenFile(stateDirectory);
  let token = (await readPrivate(file))?.trim();
  if (token === undefined) {
    token = randomBytes(32).toString('base64url');
    // A parent without a mesh may not have kept anything there yet.
    await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
    await createPrivate(file, `${token}\n`);
  }
  if (!/^[A-Za-z0-9_-]{32,200}$/.test(token)) {
    throw new FicusError(
      'admin.bad-token-file',
      `${file}: want 32 or more characters of base64url, found another`,
      {
        remedy: `remove ${file} and start again: a new token is made`,
      },
    );
  }
  const expected = digest(token);
  return (authorization) => {
    const presented = /^Bearer ([A-Za-z0-9_-]{1,200})$/i.exec(authorization ?? '')?.[1];
    // Compared as digests, and also when there is nothing to compare: the time says nothing.
    return timingSafeEqual(digest(presented ?? ''), expected) && presented !== undefined;
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
