/** Password hashes as `htpasswd` writes them: which kind one is, and what is wrong with one that is none. */

export type PasswordHash =
  | { readonly kind: 'bcrypt'; readonly text: string }
  | { readonly kind: 'md5'; readonly text: string; readonly magic: '$1$' | '$apr1$'; readonly salt: string }
  | { readonly kind: 'sha1'; readonly text: string };

/** 2^16 rounds take some four seconds; more are a way to stop a gateway. */
const maxBcryptCost = 16;

/** The hash, or what is wrong with `text` in words that do not show it. */
export function parsePasswordHash(text: string): PasswordHash | string {
  if (/^\{SHA\}[A-Za-z0-9+/]{27}=$/.test(text)) return { kind: 'sha1', text };
  const md5 = /^(\$1\$|\$apr1\$)([^$:]{0,8})\$[./0-9A-Za-z]{22}$/.exec(text);
  if (md5 !== null) return { kind: 'md5', text, magic: md5[1] as '$1$' | '$apr1$', salt: md5[2] as string };
  const bcrypt = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(text);
  if (bcrypt !== null) {
    const cost = Number(bcrypt[1]);
    if (cost >= 4 && cost <= maxBcryptCost) return { kind: 'bcrypt', text };
    return `want a bcrypt hash of cost 4 to ${maxBcryptCost}, got cost ${cost}`;
  }
  return `want a hash by bcrypt, MD5 or SHA1 as htpasswd writes it, got ${whatItIs(text)}`;
}

const kinds: readonly (readonly [RegExp, string])[] = [
  [/^\$\$/, 'one whose dollar signs are doubled, which only docker-compose files need'],
  [/^\$5\$/, 'one by SHA-256-crypt'],
  [/^\$6\$/, 'one by SHA-512-crypt'],
  [/^\$(?:2[abxy]?|1|apr1)\$/, 'one that is cut short or damaged'],
  [/^\$argon2/, 'one by Argon2'],
  [/^\$y\$/, 'one by yescrypt'],
  [/^\{/, 'another kind'],
];

function whatItIs(text: string): string {
  return kinds.find(([pattern]) => pattern.test(text))?.[1] ?? 'a plain password or another kind';
}
