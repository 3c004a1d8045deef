/** A matcher made into one test of a request. Closures are made here, once a rule, and none while serving. */
import { FicusError } from '@ficus/common/errors.ts';
import { loader } from '@ficus/common/load.ts';
import { stride } from '../http/headers.ts';
import type { RequestHead } from '../http/message.ts';
import { pathLiteral } from '../http/path-literal.ts';
import type { Matcher } from '../model/model.ts';
import { cidrContains, parseCidr } from '../net/cidr.ts';
import type { GoRegexp } from './go-regexp.ts';
import { queryHas, queryPairs } from './query-values.ts';
import { routingPath, wireText } from './wire-text.ts';

export type RequestTest = (request: RequestHead) => boolean;

const load = loader(import.meta.url);

/** Compiles a whole matcher. Throws a FicusError only for a `clientIP` that is no CIDR, which no parsed rule holds. */
export function compileMatcher(matcher: Matcher): RequestTest {
  switch (matcher.kind) {
    case 'and':
      return every(matcher.of.map(compileMatcher));
    case 'or':
      return some(matcher.of.map(compileMatcher));
    case 'not': {
      const test = compileMatcher(matcher.of);
      return (request) => !test(request);
    }
    case 'host':
      return hostTest(matcher.host);
    case 'path': {
      const path = pathLiteral(matcher.path);
      return (request) => request.path === path;
    }
    case 'pathPrefix': {
      // A string prefix, as in Traefik: `/products` matches `/products-for-sale`.
      const path = pathLiteral(matcher.path);
      return (request) => request.path.startsWith(path);
    }
    case 'method': {
      const method = matcher.method;
      return (request) => request.method === method;
    }
    case 'header':
      return headerTest(matcher.name, matcher.value);
    case 'query': {
      const { name, value } = matcher;
      return (request) => queryHas(request.query, name, value);
    }
    case 'clientIP':
      return addressTest(matcher.cidr);
    case 'hostRegexp': {
      const regexp = goRegexp(matcher.regexp);
      return (request) => regexp.test(request.host);
    }
    case 'pathRegexp': {
      const regexp = goRegexp(matcher.regexp);
      return (request) => regexp.test(routingPath(request.path));
    }
    case 'headerRegexp':
      return headerRegexpTest(matcher.name, matcher.regexp);
    case 'queryRegexp':
      return queryRegexpTest(matcher.name, matcher.regexp);
  }
}

/** Whether `pattern` of a `host` matcher takes the lower-case `host`. */
export function hostMatches(pattern: string, host: string): boolean {
  if (pattern === '*') return true;
  if (!pattern.startsWith('*.')) return host === pattern;
  // Exactly one label in place of the star.
  const label = host.length - pattern.length + 1;
  return label > 0 && host.indexOf('.') === label && host.endsWith(pattern.slice(1));
}

function hostTest(pattern: string): RequestTest {
  if (pattern === '*') return () => true;
  if (!pattern.startsWith('*.')) return (request) => request.host === pattern;
  const suffix = pattern.slice(1);
  return (request) => {
    const host = request.host;
    const label = host.length - suffix.length;
    return label > 0 && host.indexOf('.') === label && host.endsWith(suffix);
  };
}

/** A value as the wire has it, one character a byte: text beyond ASCII is compared in its UTF-8 bytes. */
export function headerLiteral(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function headerTest(name: string, text: string): RequestTest {
  const value = headerLiteral(text);
  return (request) => {
    const headers = request.headers;
    for (let i = 0; i < headers.length; i += stride) {
      if (headers[i] === name && headers[i + 1] === value) return true;
    }
    return false;
  };
}

function headerRegexpTest(name: string, source: string): RequestTest {
  const regexp = goRegexp(source);
  return (request) => {
    const headers = request.headers;
    for (let i = 0; i < headers.length; i += stride) {
      if (headers[i] === name && regexp.test(wireText(headers[i + 1] as string))) return true;
    }
    return false;
  };
}

function queryRegexpTest(name: string, source: string): RequestTest {
  const regexp = goRegexp(source);
  return (request) => {
    const pairs = queryPairs(request.query);
    for (let i = 0; i < pairs.length; i += 2) {
      if (pairs[i] === name && regexp.test(pairs[i + 1] as string)) return true;
    }
    return false;
  };
}

function addressTest(text: string): RequestTest {
  const cidr = parseCidr(text);
  if (cidr === undefined) {
    throw new FicusError('config.bad-cidr', `ClientIP: want an IP address or CIDR, got "${text}"`, {
      remedy: 'write it like 10.0.0.0/8 or 2001:db8::/32',
      status: 400,
    });
  }
  return (request) => cidrContains(cidr, request.clientAddress);
}

function every(tests: readonly RequestTest[]): RequestTest {
  const [a, b] = tests;
  if (a === undefined) return () => true;
  if (b === undefined) return a;
  // Two is by far the most common: one call less than a loop.
  if (tests.length === 2) return (request) => a(request) && b(request);
  return (request) => {
    for (let i = 0; i < tests.length; i++) if (!(tests[i] as RequestTest)(request)) return false;
    return true;
  };
}

function some(tests: readonly RequestTest[]): RequestTest {
  const [a, b] = tests;
  if (a === undefined) return () => false;
  if (b === undefined) return a;
  if (tests.length === 2) return (request) => a(request) || b(request);
  return (request) => {
    for (let i = 0; i < tests.length; i++) if ((tests[i] as RequestTest)(request)) return true;
    return false;
  };
}

/** Loaded with the first rule that has one. */
function goRegexp(source: string): GoRegexp {
  return load<typeof import('./go-regexp.ts')>('go-regexp').checkedGoRegexp(source);
}
