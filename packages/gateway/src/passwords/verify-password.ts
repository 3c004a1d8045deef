/** Whether a password is the one of a hash. Slow on purpose, and never on the event loop for long. */
import { createRequire } from 'node:module';
import { md5Crypt } from './md5-crypt.ts';
import type { PasswordHash } from './password-hash.ts';

/** Bytes of a password; more are none that anybody set, and every byte costs MD5-crypt a thousand rounds. */
const maxPasswordBytes = 1024;

type Bcrypt = typeof import('@node-rs/bcrypt');
const require = createRequire(import.meta.url);
let loaded: Bcrypt | undefined;

/** 4 MiB that gateways without a bcrypt password never need. */
function bcrypt(): Bcrypt {
  loaded ??= require('@node-rs/bcrypt') as Bcrypt;
  return loaded;
}

/** Rejects only when the machine fails, such as a binary that cannot be loaded. */
export async function verifyPassword(password: Buffer, hash: PasswordHash): Promise<boolean> {
  if (password.length > maxPasswordBytes) return false;
  switch (hash.kind) {
    case 'bcrypt':
      return bcrypt().verify(password, hash.text);
    case 'md5': {
      const made = await md5Crypt(password, hash.salt, hash.magic);
      return same(`${hash.magic}${hash.salt}$${made}`, hash.text);
    }
    case 'sha1': {
      const made = process
        .getBuiltinModule('node:crypto')
        .createHash('sha1')
        .update(password)
        .digest('base64');
      return same(`{SHA}${made}`, hash.text);
    }
  }
}

/** In a time that does not tell where they differ. */
export function same(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && process.getBuiltinModule('node:crypto').timingSafeEqual(left, right);
}
