/** The matchers of the rule language: their arguments checked and put into the form the comparison needs. */
import type { Matcher } from '../model/model.ts';
import { parseCidr } from '../net/cidr.ts';
import { RuleMistake } from './scan-rule.ts';

export interface Argument {
  readonly text: string;
  readonly offset: number;
}

interface Definition {
  /** As Traefik writes it. */
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly make: (first: Argument, second: Argument | undefined) => Matcher;
}

const definitions: readonly Definition[] = [
  { name: 'Host', least: 1, most: 1, make: (host) => ({ kind: 'host', host: hostValue(host) }) },
  { name: 'PathPrefix', least: 1, most: 1, make: (path) => ({ kind: 'pathPrefix', path: pathValue(path) }) },
  { name: 'Path', least: 1, most: 1, make: (path) => ({ kind: 'path', path: pathValue(path) }) },
  { name: 'Method', least: 1, most: 1, make: (method) => ({ kind: 'method', method: methodValue(method) }) },
  {
    name: 'Header',
    least: 2,
    most: 2,
    make: (name, value) => ({ kind: 'header', name: headerName(name), value: value?.text ?? '' }),
  },
  {
    name: 'Query',
    least: 1,
    most: 2,
    make: (name, value) =>
      value === undefined
        ? { kind: 'query', name: name.text }
        : { kind: 'query', name: name.text, value: value.text },
  },
  { name: 'ClientIP', least: 1, most: 1, make: (cidr) => ({ kind: 'clientIP', cidr: cidrValue(cidr) }) },
];

const byName = new Map(definitions.map((definition) => [definition.name.toLowerCase(), definition]));
const notYet = new Set(['hostregexp', 'pathregexp', 'headerregexp', 'queryregexp']);

/** The matcher `name(values…)`; names are case-insensitive, as in Traefik. Throws a RuleMistake. */
export function makeMatcher(name: string, offset: number, values: readonly Argument[]): Matcher {
  const lower = name.toLowerCase();
  if (notYet.has(lower)) throw new RuleMistake(offset, `${name} is not supported yet`);
  const definition = byName.get(lower);
  if (definition === undefined) {
    const known = definitions.map((one) => one.name).join(', ');
    throw new RuleMistake(offset, `want one of ${known}, got "${name.slice(0, 40)}"`);
  }
  const first = values[0];
  if (first === undefined || values.length < definition.least || values.length > definition.most) {
    throw new RuleMistake(values[definition.most]?.offset ?? offset, wrongCount(definition, values.length));
  }
  return definition.make(first, values[1]);
}

function wrongCount(definition: Definition, got: number): string {
  const { name, least, most } = definition;
  const want = least === most ? `${least}` : `${least} or ${most}`;
  const hint = got > 1 && most === 1 ? `: write ${name}(\`a\`) || ${name}(\`b\`)` : '';
  return `${name} takes ${want} value${want === '1' ? '' : 's'}, got ${got}${hint}`;
}

function hostValue({ text, offset }: Argument): string {
  if (text === '*') return text;
  let host = text.toLowerCase();
  if (host.startsWith('[') && host.endsWith(']')) host = host.slice(1, -1);
  // A fully qualified name means the same with and without its dot.
  if (host.endsWith('.') && host.length > 1) host = host.slice(0, -1);
  const label = '[0-9a-z_~-]+';
  const valid =
    new RegExp(`^(?:\\*\\.)?${label}(?:\\.${label})*$`).test(host) || (host.includes(':') && isAddress(host));
  if (!valid || host.length > 255) {
    throw new RuleMistake(offset, 'want a host name in ASCII without port, "*.example.com" or "*"');
  }
  return host;
}

function isAddress(text: string): boolean {
  return !text.includes('/') && parseCidr(text) !== undefined;
}

function pathValue({ text, offset }: Argument): string {
  if (!text.startsWith('/')) throw new RuleMistake(offset, 'want a path that starts with "/"');
  return text;
}

function methodValue({ text, offset }: Argument): string {
  if (!token.test(text)) throw new RuleMistake(offset, 'want a method');
  return text.toUpperCase();
}

function headerName({ text, offset }: Argument): string {
  if (!token.test(text)) throw new RuleMistake(offset, 'want a header name');
  return text.toLowerCase();
}

function cidrValue({ text, offset }: Argument): string {
  if (parseCidr(text) === undefined)
    throw new RuleMistake(offset, 'want an IP address or a CIDR like 10.0.0.0/8');
  return text;
}

/** RFC 9110 §5.6.2. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/;
