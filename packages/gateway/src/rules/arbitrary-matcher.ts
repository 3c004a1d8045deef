/** Random matchers for property tests, in the form that parsed rules have. */
import fc from 'fast-check';
import type { Matcher } from '../model/model.ts';

/** Few values, so that random requests often meet them. */
export const someHosts = ['a.com', 'b.com', 'x.a.com', 'c.org'] as const;
export const somePaths = ['/', '/a', '/a/b', '/b'] as const;
export const someRegexps = ['^/a', '^/a/b$', '^/a*/b', '^/(a|b)', '^/a|^/b', '[^/]$', '^/a?b', 'é'] as const;
export const someMethods = ['GET', 'POST'] as const;

const texts = fc.oneof(fc.constantFrom('v', '', '"', '`', '\\n', '\n', 'é', 'a b'), fc.string());

const leaf: fc.Arbitrary<Matcher> = fc.oneof(
  fc.constantFrom(...someHosts, '*', '*.a.com', '*.com').map((host): Matcher => ({ kind: 'host', host })),
  fc.constantFrom(...somePaths).map((path): Matcher => ({ kind: 'path', path })),
  fc.constantFrom(...somePaths).map((path): Matcher => ({ kind: 'pathPrefix', path })),
  texts.map((text): Matcher => ({ kind: 'pathPrefix', path: `/${text}` })),
  fc.constantFrom(...someMethods).map((method): Matcher => ({ kind: 'method', method })),
  texts.map((value): Matcher => ({ kind: 'header', name: 'x-a', value })),
  fc.tuple(texts, texts).map(([name, value]): Matcher => ({ kind: 'query', name, value })),
  fc.constantFrom(...someRegexps).map((regexp): Matcher => ({ kind: 'pathRegexp', regexp })),
  fc
    .constantFrom('^[ab]\\.com$', '\\.com$', '[a-z]+\\.a\\.com$', 'a.com|b', '^x')
    .map((regexp): Matcher => ({ kind: 'hostRegexp', regexp })),
  fc
    .constantFrom('headerRegexp' as const, 'queryRegexp' as const)
    .chain((kind) =>
      fc
        .tuple(fc.constantFrom('x-a', 'v'), fc.constantFrom('', '^v?$', '[`"]', '\n'))
        .map(([name, regexp]): Matcher => ({ kind, name, regexp })),
    ),
  fc.constantFrom('10.0.0.0/8', '192.0.2.7', '::/0').map((cidr): Matcher => ({ kind: 'clientIP', cidr })),
);

export const someMatcher: fc.Arbitrary<Matcher> = fc.letrec<{ matcher: Matcher }>((tie) => ({
  matcher: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    tie('matcher').map((of): Matcher => ({ kind: 'not', of })),
    fc
      .tuple(
        fc.constantFrom('and' as const, 'or' as const),
        fc.array(tie('matcher'), { minLength: 2, maxLength: 4 }),
      )
      .map(([kind, of]): Matcher => ({ kind, of })),
  ),
})).matcher;
