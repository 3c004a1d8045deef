/** Which header fields an operator may have set, and why the others not. */
import { parseAuthority } from '../http/authority.ts';
import { CONNECTION, classify, DROP, TE } from '../http/managed-headers.ts';

/**
 * What is wrong with setting `name` to `value`; undefined when it may be set. `Host` is a field of requests alone, and
 * its value a host.
 */
export function fieldMistake(name: string, value: string, of: 'request' | 'response'): string | undefined {
  const lower = name.toLowerCase();
  const shown = JSON.stringify(name);
  if (lower === 'host' && of === 'request') {
    return parseAuthority(value) === undefined
      ? `want a host name, maybe with a port, as value of ${shown}, such as example.com`
      : undefined;
  }
  if (!isFieldName(lower)) return `want a header name, got ${shown}: use letters, digits and "-"`;
  if (belongsToTheWire(lower)) {
    return `${shown} belongs to the connection or the framing: leave it out, the gateway writes it`;
  }
  if (!isFieldValue(value)) return `the value of ${shown} holds a control character: write it in one line`;
  return undefined;
}

function isFieldName(lower: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9a-z]{1,256}$/.test(lower);
}

function belongsToTheWire(lower: string): boolean {
  const kind = classify(lower);
  // An underscore alias is dropped from clients, but an operator may well want to set one.
  const dropped = kind === DROP && !lower.includes('_');
  return kind === CONNECTION || kind === TE || dropped || lower === 'trailer' || lower === 'expect';
}

function isFieldValue(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if ((code < 0x20 && code !== 9) || code === 0x7f) return false;
  }
  return true;
}
