/** The matchers of the rule language: how many values each takes, and which are near a name that there is not. */
import { didYouMean } from '@ficus/common/config/nearest.ts';
import type { Matcher } from '../model/model.ts';
import {
  type Argument,
  cidrValue,
  headerName,
  hostValue,
  methodValue,
  pathValue,
  regexpValue,
} from './matcher-values.ts';
import { RuleMistake } from './scan-rule.ts';

interface Definition {
  /** As Traefik writes it. */
  readonly name: string;
  /** What its values are called, the ones that may be left out last. */
  readonly values: readonly string[];
  /** How many must be there. Default: all. */
  readonly least?: number;
  readonly make: (first: Argument, second: Argument) => Matcher;
}

const definitions: readonly Definition[] = [
  { name: 'Host', values: ['host'], make: (host) => ({ kind: 'host', host: hostValue(host) }) },
  {
    name: 'HostRegexp',
    values: ['regexp'],
    make: (regexp) => ({ kind: 'hostRegexp', regexp: regexpValue(regexp, 'ascii') }),
  },
  {
    name: 'PathPrefix',
    values: ['path'],
    make: (path) => ({ kind: 'pathPrefix', path: pathValue(path) }),
  },
  { name: 'Path', values: ['path'], make: (path) => ({ kind: 'path', path: pathValue(path) }) },
  {
    name: 'PathRegexp',
    values: ['regexp'],
    make: (regexp) => ({ kind: 'pathRegexp', regexp: regexpValue(regexp) }),
  },
  {
    name: 'Method',
    values: ['method'],
    make: (method) => ({ kind: 'method', method: methodValue(method) }),
  },
  {
    name: 'Header',
    values: ['name', 'value'],
    make: (name, value) => ({ kind: 'header', name: headerName(name), value: value.text }),
  },
  {
    name: 'HeaderRegexp',
    values: ['name', 'regexp'],
    make: (name, regexp) => ({
      kind: 'headerRegexp',
      name: headerName(name),
      regexp: regexpValue(regexp),
    }),
  },
  {
    // Without a value it is Traefik's `?name` and `?name=`.
    name: 'Query',
    values: ['name', 'value'],
    least: 1,
    make: (name, value) => ({ kind: 'query', name: name.text, value: value.text }),
  },
  {
    name: 'QueryRegexp',
    values: ['name', 'regexp'],
    least: 1,
    make: (name, regexp) =>
      regexp.offset < 0
        ? { kind: 'query', name: name.text, value: '' }
        : { kind: 'queryRegexp', name: name.text, regexp: regexpValue(regexp) },
  },
  { name: 'ClientIP', values: ['cidr'], make: (cidr) => ({ kind: 'clientIP', cidr: cidrValue(cidr) }) },
];

const names = definitions.map(({ name }) => name);
const byName = new Map(definitions.map((definition) => [definition.name.toLowerCase(), definition]));

/** Stands for a value that was left out. */
const absent: Argument = { text: '', offset: -1, raw: true };

/** The matcher `name(values…)`; names are case-insensitive, as in Traefik. Throws a RuleMistake. */
export function makeMatcher(name: string, offset: number, values: readonly Argument[]): Matcher {
  const definition = byName.get(name.toLowerCase());
  if (definition === undefined) throw new RuleMistake(offset, unknownMatcher(name));
  const most = definition.values.length;
  const [first, second] = values;
  if (first === undefined || values.length < (definition.least ?? most) || values.length > most) {
    throw new RuleMistake(values[most]?.offset ?? offset, wrongCount(definition, values.length));
  }
  return definition.make(first, second ?? absent);
}

/** What there is instead of matchers of other routers and of Traefik v2. */
const elsewhere: Readonly<Record<string, string>> = {
  hostsni: 'HostSNI is a matcher of TCP routers: write Host',
  hostsniregexp: 'HostSNIRegexp is a matcher of TCP routers: write HostRegexp',
  hostheader: 'HostHeader is a matcher of Traefik v2: write Host',
  headers: 'Headers is a matcher of Traefik v2: write Header',
  headersregexp: 'HeadersRegexp is a matcher of Traefik v2: write HeaderRegexp',
};

function unknownMatcher(name: string): string {
  const lower = name.toLowerCase();
  if (Object.hasOwn(elsewhere, lower)) return elsewhere[lower] as string;
  const near = didYouMean(name, names);
  return `no matcher ${JSON.stringify(name.slice(0, 40))}${near === '' ? `, there are ${names.join(', ')}` : near}`;
}

function wrongCount({ name, values, least }: Definition, got: number): string {
  const want = least === undefined ? `${values.length}` : `${least} or ${values.length}`;
  const hint = got > 1 && values.length === 1 ? `: write ${name}(\`a\`) || ${name}(\`b\`)` : '';
  const which = values.length > 1 ? ` (${values.join(', ')})` : '';
  return `${name} takes ${want} value${want === '1' ? '' : 's'}${which}, got ${got}${hint}`;
}
