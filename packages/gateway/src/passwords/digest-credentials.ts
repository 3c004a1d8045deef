/** What a client says in `Authorization: Digest …` (RFC 7616 §3.4), read strictly. */

export interface DigestCredentials {
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  readonly response: string;
  /** As sent: it is part of what is hashed. */
  readonly nc: string;
  readonly cnonce: string;
  readonly opaque: string;
}

/** Characters of the field; what is longer is not from a client that was asked here. */
const maxLength = 8192;

/** Undefined for anything but complete credentials with `qop=auth` and MD5. */
export function parseDigest(field: string): DigestCredentials | undefined {
  if (field.length > maxLength || field.slice(0, 7).toLowerCase() !== 'digest ') return undefined;
  const found = parameters(field, 7);
  if (found === undefined) return undefined;
  const get = (name: string): string => found.get(name) ?? '';
  const algorithm = found.get('algorithm');
  if (algorithm !== undefined && algorithm.toUpperCase() !== 'MD5') return undefined;
  if (get('qop') !== 'auth' || !/^[0-9a-fA-F]{8}$/.test(get('nc'))) return undefined;
  if (!/^[0-9a-fA-F]{32}$/.test(get('response'))) return undefined;
  for (const name of ['username', 'nonce', 'uri', 'cnonce']) if (get(name) === '') return undefined;
  return {
    username: Buffer.from(get('username'), 'latin1').toString('utf8'),
    realm: get('realm'),
    nonce: get('nonce'),
    uri: get('uri'),
    response: get('response').toLowerCase(),
    nc: get('nc'),
    cnonce: get('cnonce'),
    opaque: get('opaque'),
  };
}

/** `name=token` and `name="quoted"`, separated by commas; each name once. */
function parameters(text: string, from: number): Map<string, string> | undefined {
  const found = new Map<string, string>();
  const parameter =
    /[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^",\s]+))[ \t]*(?:,|$)/y;
  parameter.lastIndex = from;
  while (parameter.lastIndex < text.length) {
    const match = parameter.exec(text);
    if (match === null) return undefined;
    const name = (match[1] as string).toLowerCase();
    if (found.has(name)) return undefined;
    found.set(name, match[2] === undefined ? (match[3] as string) : match[2].replaceAll(/\\(.)/g, '$1'));
  }
  return found;
}
