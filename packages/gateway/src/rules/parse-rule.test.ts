import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Matcher } from '../model/model.ts';
import { someMatcher } from './arbitrary-matcher.ts';
import { maxRuleLength, parseRule, ruleExcerpt } from './parse-rule.ts';
import { printRule } from './print-rule.ts';

const host = (name: string): Matcher => ({ kind: 'host', host: name });

const accepted: readonly (readonly [rule: string, matcher: Matcher])[] = [
  ['Host(`Shop.Example.`)', host('shop.example')],
  ['host("*.example.com")', host('*.example.com')],
  ['HOST(`*`)', host('*')],
  ['Host(`[::1]`)', host('::1')],
  ['PathPrefix(`/a`)', { kind: 'pathPrefix', path: '/a' }],
  ['Path("/\\u00e9\\"\\x41\\101")', { kind: 'path', path: '/é"AA' }],
  ['Method(`get`)', { kind: 'method', method: 'GET' }],
  ['Header(`X-A`, `B c`)', { kind: 'header', name: 'x-a', value: 'B c' }],
  ['Query(`k`)', { kind: 'query', name: 'k', value: '' }],
  ['QueryRegexp(`k`)', { kind: 'query', name: 'k', value: '' }],
  ['QueryRegexp(`k`, `^a|b$`)', { kind: 'queryRegexp', name: 'k', regexp: '^a|b$' }],
  ['HostRegexp(`^[a-z]+\\.example$`)', { kind: 'hostRegexp', regexp: '^[a-z]+\\.example$' }],
  ['PathRegexp("^/a\\\\.b`")', { kind: 'pathRegexp', regexp: '^/a\\.b`' }],
  ['headerregexp(`X-A`, `(?i)b`)', { kind: 'headerRegexp', name: 'x-a', regexp: '(?i)b' }],
  ['Query(`k`, ``)', { kind: 'query', name: 'k', value: '' }],
  ['ClientIP(`10.0.0.0/8`)', { kind: 'clientIP', cidr: '10.0.0.0/8' }],
  [
    'Host(`a`) || Host(`b`) && !Host(`c`)\n\t&& Host(`d`)',
    {
      kind: 'or',
      of: [host('a'), { kind: 'and', of: [host('b'), { kind: 'not', of: host('c') }, host('d')] }],
    },
  ],
  [
    '(Host(`a`) || Host(`b`)) && Host(`c`)',
    { kind: 'and', of: [{ kind: 'or', of: [host('a'), host('b')] }, host('c')] },
  ],
  ['!!((Host(`a`)))', { kind: 'not', of: { kind: 'not', of: host('a') } }],
];
for (const [rule, matcher] of accepted) {
  test(`${JSON.stringify(rule)} is understood`, () =>
    assert.deepEqual(parseRule(rule), { ok: true, matcher }));
}

const refused: readonly (readonly [rule: string, offset: number, message: RegExp])[] = [
  ['', 0, /got nothing/],
  ['Host(`a`, `b`)', 10, /Host takes 1 value, got 2: write Host\(`a`\) \|\| Host\(`b`\)/],
  ['Host()', 0, /takes 1 value, got 0/],
  ['Header(`a`)', 0, /takes 2 values \(name, value\), got 1/],
  ['Query(`a`,`b`,`c`)', 14, /takes 1 or 2 values \(name, value\), got 3/],
  ['HeaderRegexp(`a`)', 0, /takes 2 values \(name, regexp\), got 1/],
  ['HostRegexp(`a(b`)', 13, /bad regular expression: this "\(" is never closed/],
  ['PathRegexp("\\x2fa(b")', 11, /bad regular expression: this "\(" is never closed/],
  ['Path(`/a`) && pathregexp(`^/(?!b)`)', 28, /lookahead.*cannot be run in time linear/],
  ['HostRegexp(`m[ü]nchen`)', 14, /want ASCII/],
  ['Hots(`a`)', 0, /^no matcher "Hots", did you mean "Host"\?$/],
  ['PathPrefx(`/a`)', 0, /did you mean "PathPrefix"/],
  ['Zebra(`/a`)', 0, /^no matcher "Zebra", there are Host, HostRegexp, PathPrefix, .*ClientIP$/],
  ['HeadersRegexp(`a`, `b`)', 0, /Traefik v2: write HeaderRegexp/],
  ['HostSNI(`a`)', 0, /TCP routers: write Host/],
  ['Host(`a:80`)', 5, /without port/],
  ['Host(`münchen.de`)', 5, /ASCII/],
  ['Host(`a.*.b`)', 5, /host name/],
  ['Path(`a`)', 5, /starts with "\/"/],
  ['Method(`a b`)', 7, /method/],
  ['Header(`a b`, `c`)', 7, /header name/],
  ['ClientIP(`10.0.0.0/33`)', 9, /CIDR/],
  ["Host('a')", 5, /single quote/],
  ['Host(`a', 5, /never closed/],
  ['Host("a\n")', 5, /never closed/],
  ['Host("\\q")', 6, /no escape/],
  ['Host("\\xff")', 6, /no character/],
  ['Host(`a`) & Host(`b`)', 10, /want "&&"/],
  ['Host(`a`) Host(`b`)', 10, /want "&&", "\|\|" or the end/],
  ['Host(`a`) &&', 12, /got the end of the rule/],
  ['(Host(`a`)', 0, /^this "\(" is never closed$/],
  ['Host(`a`) && Path(`/a`', 17, /^this "\(" is never closed$/],
  ['Host(`a` Path(`/b`))', 9, /want "\)", got "Path"/],
  ['Host(`a`))', 9, /^this "\)" closes nothing$/],
  ['Host(`a`) && )', 13, /want a matcher, "!" or "\(", got "\)"/],
  ['Host(a)', 5, /want a string/],
  ['Host', 4, /want "\(" behind "Host", got the end/],
  ['constructor(`a`)', 0, /no matcher/],
];
for (const [rule, offset, message] of refused) {
  test(`${JSON.stringify(rule)} is refused at ${offset}`, () => {
    const result = parseRule(rule);
    assert.ok(!result.ok);
    assert.equal(result.offset, offset);
    assert.match(result.message, message);
  });
}

test('length and depth are capped', () => {
  assert.equal(parseRule(`${'!'.repeat(64)}Host(\`a\`)`).ok, true);
  assert.equal(parseRule(`${'!'.repeat(65)}Host(\`a\`)`).ok, false);
  assert.equal(parseRule(`${'('.repeat(8000)}`).ok, false);
  assert.equal(parseRule(`Host(\`a\`)${' '.repeat(maxRuleLength)}`).ok, false);
});

test('what is printed parses to the same matcher', () => {
  fc.assert(
    fc.property(someMatcher, (matcher) => {
      const result = parseRule(printRule(matcher));
      assert.ok(result.ok || printRule(matcher).length > maxRuleLength);
      if (result.ok) assert.deepEqual(result.matcher, matcher);
    }),
    { numRuns: 2000 },
  );
});

test('no text makes it throw', () => {
  const piece = fc.constantFrom(
    'Host',
    'Query',
    'Path',
    '(',
    ')',
    '`',
    '"',
    '\\',
    '&&',
    '||',
    '!',
    ',',
    'a',
    '/',
    ' ',
    '&',
    '\0',
    'é',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
  );
  fc.assert(
    fc.property(text, (rule) => {
      const result = parseRule(rule);
      if (!result.ok) {
        assert.ok(result.offset >= 0 && result.offset <= rule.length);
        const [line, caret] = ruleExcerpt(rule, result.offset).split('\n');
        assert.ok([...(line as string)].length >= (caret as string).length - 1);
        assert.match(caret as string, /^ *\^$/);
      }
    }),
    { numRuns: 5000 },
  );
});

test('a caret shows the place, in its own line of a rule of several', () => {
  assert.equal(ruleExcerpt('Host(`a`) &\n  Hots(`b`)\n&& x', 14), '  Hots(`b`)\n  ^');
  assert.equal(ruleExcerpt('Path(`/😀\t`) x', 12), 'Path(`/😀 `) x\n           ^');
  assert.equal(ruleExcerpt('Host(`a`) &&', 12), 'Host(`a`) &&\n            ^');
  const [line, caret] = ruleExcerpt(`${'x'.repeat(500)}!${'y'.repeat(500)}`, 500).split('\n');
  assert.ok((line as string).length < 120);
  assert.equal((line as string)[(caret as string).length - 1], '!');
});
