/** Users as `htpasswd` and `htdigest` write them, from a file and from the configuration. Messages never show a hash. */
import { parsePasswordHash } from './password-hash.ts';

/** Name → hash (basic), or name → MD5 of `name:realm:password` (digest). */
export type Users = ReadonlyMap<string, string>;

/** Where a line comes from, for messages. */
export interface UserLine {
  readonly where: string;
  readonly line: string;
}

/** The lines of a users file that hold a user. */
export function fileLines(file: string, text: string): UserLine[] {
  const lines: UserLine[] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const line = raw.trim();
    if (line !== '' && !line.startsWith('#')) lines.push({ where: `usersFile: ${file}:${index + 1}`, line });
  }
  return lines;
}

/** Later lines overrule earlier ones. A string says what is wrong. */
export function basicUsers(lines: readonly UserLine[]): Users | string {
  const users = new Map<string, string>();
  for (const { where, line } of lines) {
    const [name = '', hash, ...more] = line.split(':');
    if (name === '' || hash === undefined || more.length > 0) {
      return `${where}: want name:hash, as htpasswd writes it`;
    }
    const parsed = parsePasswordHash(hash);
    if (typeof parsed === 'string') return `${where}: user ${JSON.stringify(name)}: ${parsed}`;
    users.set(name, hash);
  }
  return users;
}

/** The users of `realm`; others may stand beside them, but not alone. */
export function digestUsers(lines: readonly UserLine[], realm: string): Users | string {
  const users = new Map<string, string>();
  const others = new Set<string>();
  for (const { where, line } of lines) {
    const [name = '', of, hash, ...more] = line.split(':');
    if (name === '' || of === undefined || hash === undefined || more.length > 0) {
      return `${where}: want name:realm:hash, as htdigest writes it`;
    }
    if (!/^[0-9A-Fa-f]{32}$/.test(hash)) {
      return `${where}: user ${JSON.stringify(name)}: want the MD5 of name:realm:password in 32 hexadecimal digits`;
    }
    if (of === realm) users.set(name, hash.toLowerCase());
    else others.add(of);
  }
  if (users.size === 0 && others.size > 0) {
    const found = [...others].map((each) => JSON.stringify(each)).join(', ');
    return `want users of the realm ${JSON.stringify(realm)}, got only users of ${found}`;
  }
  return users;
}
