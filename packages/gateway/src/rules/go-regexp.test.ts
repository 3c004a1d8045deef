// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Go writes references to groups like that.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FicusError } from '@ficus/common/errors.ts';
import fc from 'fast-check';
import {
  checkedGoRegexp,
  checkGoRegexp,
  compileGoRegexp,
  goRegexpMistake,
  maxRegexpLength,
} from './go-regexp.ts';
import { literalEnds } from './go-regexp-ends.ts';
import { literalTest } from './go-regexp-literal.ts';

const matches: readonly (readonly [pattern: string, text: string, matches: boolean])[] = [
  ['', '', true],
  ['^/api/', '/api/x', true],
  ['^/api/', 'x/api/', false],
  ['\\.css$', '/a.css', true],
  ['\\.css$', '/acss', false],
  ['^shop\\.example$', 'shop.example', true],
  ['^shop\\.example$', 'shop.example\n', false],
  ['shop', 'the shop here', true],
  ['^[a-z]+\\.example$', 'shop.example', true],
  ['a$', 'a\nb', false],
  ['(?m)a$', 'a\nb', true],
  ['(?i)BEARER [\\w.]+', 'x bearer a.b', true],
  ['(?s)a.b', 'a\nb', true],
  ['a.b', 'a\nb', false],
  ['^.$', 'é', true],
  ['^.$', '😀', true],
  ['\\p{Greek}', 'λ', true],
  ['[[:alpha:]]+\\d', 'ab1', true],
  ['\\Qa.b\\E', 'axb', false],
  ['(a+)+$', `${'a'.repeat(5000)}b`, false],
  ['^(?P<x>a|b)(?<y>c)$', 'bc', true],
  ['x{2,3}', 'xx', true],
  ['\\bfoo\\b', 'a foo b', true],
  ['\\Aab\\z', 'ab', true],
];
for (const [pattern, text, expected] of matches) {
  test(`${pattern} ${expected ? 'matches' : 'leaves'} ${JSON.stringify(text.slice(0, 20))}`, () => {
    assert.equal(compileGoRegexp(pattern).test(text), expected);
    assert.equal(checkedGoRegexp(pattern), compileGoRegexp(pattern));
  });
}

const refused: readonly (readonly [pattern: string, character: number, message: RegExp])[] = [
  ['a(?=b)', 2, /lookahead and lookbehind \("\(\?="\) cannot be run in time linear/],
  ['a(?!b)', 2, /lookahead.*linear/],
  ['(?<=a)b', 1, /lookbehind.*linear/],
  ['x(?<!a)b', 2, /lookbehind.*linear/],
  ['(a)\\1', 4, /back-references \("\\1"\).*linear/],
  ['(?<n>a)\\k<n>', 8, /back-references.*linear/],
  ['(?P<n>a)(?P=n)', 9, /back-references/],
  ['(?>a)', 1, /atomic/],
  ['ab++', 3, /two repetitions in a row: \+\+ \(possessive ones cannot/],
  ['*a', 1, /nothing to repeat: \*/],
  ['ab(c', 3, /this "\(" is never closed/],
  ['a(b)(c|d', 5, /this "\(" is never closed/],
  ['a)b', 2, /this "\)" closes nothing/],
  ['([)])]+)', 8, /this "\)" closes nothing/],
  ['ab[c', 3, /this "\[" is never closed/],
  ['[z-a]', 2, /invalid character class range: z-a/],
  ['a\\q', 2, /no escape of Go's syntax: \\q/],
  ['a\\Z', 2, /no escape/],
  ['abc\\', 4, /nothing follows this backslash/],
  ['a{1001}', 2, /at most 1000 repetitions/],
  ['(a{100}){100}', 9, /at most 1000 repetitions/],
  ['ba{2,1}', 3, /want the smaller number first: \{2,1\}/],
  ['(?z)', 1, /no group begins like this/],
  ['(?P<a>x)(?P<a>y)', 5, /duplicate capture group name: a/],
  ['\\p{Foo}', 1, /invalid character class range: \\p\{Foo\}/],
  ['[a-z]{1000}'.repeat(20), 1, /too large.*over 5000 steps/],
  ['(?:.{100}){10}'.repeat(100), 1, /too large/],
  ['[a-z]{1000}[a-z]{1000}[a-z]{1000}[a-z]{1000}[a-z]{1000}', 1, /too large/],
  ['a'.repeat(maxRegexpLength + 1), maxRegexpLength + 1, /at most 4096 characters, got 4097/],
  ['\ud800', 1, /half of a character/],
];
for (const [pattern, character, message] of refused) {
  test(`${pattern.slice(0, 40)} is refused at character ${character}`, () => {
    const found = goRegexpMistake(pattern);
    assert.ok(found);
    assert.match(found.message, message);
    assert.equal(found.offset + 1, character);
    assert.equal(
      checkGoRegexp(pattern),
      `bad regular expression at character ${character}: ${found.message}`,
    );
    assert.throws(
      () => compileGoRegexp(pattern),
      (error) => error instanceof FicusError && error.code === 'config.bad-regexp' && error.status === 400,
    );
  });
}

test('thousands of brackets are refused without an overflow of the stack', () => {
  assert.match(checkGoRegexp('('.repeat(2000) + ')'.repeat(2000)) ?? '', /nests? too deeply/);
  assert.equal(checkGoRegexp(`${'(?:'.repeat(300)}a${')'.repeat(300)}`), undefined);
});

// What Go 1.25 answers.
const replaced: readonly (readonly [pattern: string, text: string, replacement: string, result: string])[] = [
  ['a(x*)b', '-ab-axxb-', 'T', '-T-T-'],
  ['a(x*)b', '-ab-axxb-', '$1', '--xx-'],
  ['a(x*)b', '-ab-axxb-', '$1W', '---'],
  ['a(x*)b', '-ab-axxb-', '${1}W', '-W-xxW-'],
  ['a(?P<1W>x*)b', '-ab-axxb-', '$1W', '--xx-'],
  ['^http://([^/]+)(.*)$', 'http://a.b/c?d', 'https://$1$2', 'https://a.b/c?d'],
  ['(a)(b)?', 'a', '[$1|$2|$3|$0]', '[a|||a]'],
  ['a', 'a', '$$1 $ $- ${ ${1 ${}', '$1 $ $- ${ ${1 ${}'],
  ['x*', 'abc', '-', '-a-b-c-'],
  ['x*', 'axb', '-', '-a-b-'],
  ['', '😀é', '.', '.😀.é.'],
  ['^a', 'aaa', 'b', 'baa'],
  ['\\bo', 'oo o', 'x', 'xo x'],
  ['a', 'banana', '', 'bnn'],
  ['(a)', 'a', '$01', ''],
  ['nothing', 'text', '$0', 'text'],
];
for (const [pattern, text, replacement, result] of replaced) {
  test(`${pattern} in ${JSON.stringify(text)} by ${JSON.stringify(replacement)} gives ${JSON.stringify(result)}`, () => {
    assert.equal(compileGoRegexp(pattern).replaceAll(text, replacement), result);
  });
}

test('a match gives its groups, and undefined for those that took no part', () => {
  assert.deepEqual(compileGoRegexp('(a)|(b)').match('xb'), ['b', undefined, 'b']);
  assert.deepEqual(compileGoRegexp('^/api').match('/api/x'), ['/api']);
  assert.equal(compileGoRegexp('(a)|(b)').match('c'), undefined);
});

/** Expressions that V8 and Go read alike, and texts they often match. */
const piece: fc.Arbitrary<string> = fc.letrec<{ piece: string }>((tie) => ({
  piece: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom('a', 'b', 'c', '.', '[ab]', '[^a]', '\\.', '/', '^', '$', '\\bc', 'é'),
    fc
      .tuple(tie('piece'), fc.constantFrom('*', '+', '?', '*?', '+?', '{1,2}', '{2}'))
      .map(([one, repeat]) => `(?:${one})${repeat}`),
    fc.array(tie('piece'), { maxLength: 3 }).map((all) => all.join('')),
    fc.tuple(tie('piece'), tie('piece')).map(([a, b]) => `(${a}|${b})`),
  ),
})).piece;
const text = fc
  .array(fc.constantFrom('a', 'b', 'c', '.', '/', 'é', ''), { maxLength: 8 })
  .map((all) => all.join(''));

test('it agrees with V8 on what both read alike', () => {
  fc.assert(
    fc.property(piece, text, (pattern, value) => {
      for (const source of [pattern, `^(?:${pattern})$`]) {
        assert.equal(compileGoRegexp(source).test(value), new RegExp(source, 'us').test(value));
      }
    }),
    { numRuns: 3000 },
  );
});

const ends: readonly (readonly [pattern: string, prefix: string, suffix: string])[] = [
  ['^/api/v[0-9]+/x$', '/api/v', '/x'],
  ['^/a\\.b-c_~', '/a.b-c_~', ''],
  ['/api', '', ''],
  ['^[a-z]+\\.shop\\.example$', '', '.shop.example'],
  ['^ab*c$', 'a', 'c'],
  ['^ab?', 'a', ''],
  ['^ab+c', 'ab', ''],
  ['^ab{2}c$', 'a', 'c'],
  ['^ab{0,2}$', 'a', ''],
  ['^a|b$', '', ''],
  ['^/(a|b)/c$', '/', '/c'],
  ['^(?i)/A$', '', ''],
  ['^/a(?i)b$', '/a', ''],
  ['^/a(?i:b)c$', '/a', 'c'],
  ['(?m)^/a$', '', ''],
  ['^/a\\x2fb$', '/a', ''],
  ['^/a\\pLb$', '/a', ''],
  ['^/a\\d/b$', '/a', '/b'],
  ['^/a\\Q|\\Eb$', '', ''],
  ['^/a([|)]|b)c$', '/a', 'c'],
  ['^/a$b$', '/a', 'b'],
  ['^a\\$', 'a', ''],
];
for (const [pattern, prefix, suffix] of ends) {
  test(`what ${pattern} matches begins with "${prefix}" and ends with "${suffix}"`, () => {
    assert.equal(checkGoRegexp(pattern), undefined);
    assert.deepEqual(literalEnds(pattern), { prefix, suffix });
  });
}

test('no match contradicts the ends', () => {
  const anchored = fc
    .tuple(fc.constantFrom('', '^'), piece, fc.constantFrom('', '$'))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(anchored, text, (pattern, value) => {
      const { prefix, suffix } = literalEnds(pattern);
      if (!compileGoRegexp(pattern).test(value)) return;
      assert.ok(value.startsWith(prefix) && value.endsWith(suffix), `${prefix} ${suffix}`);
    }),
    { numRuns: 5000 },
  );
});

test('literal text is compared as the engine would', () => {
  const literal = fc
    .tuple(
      fc.constantFrom('', '^'),
      fc.array(fc.constantFrom('a', 'b', '/', '\\.', '-', '\\$', '_', '\\\\'), { maxLength: 4 }),
      fc.constantFrom('', '$'),
    )
    .map(([start, all, end]) => start + all.join('') + end);
  const near = fc.array(fc.constantFrom('a', 'b', '/', '.', '-', '$', '_', '\\'), { maxLength: 6 });
  fc.assert(
    fc.property(literal, near, (pattern, parts) => {
      const value = parts.join('');
      assert.ok(literalTest(pattern));
      // A group around it takes the fast path away and changes nothing else.
      assert.equal(compileGoRegexp(pattern).test(value), compileGoRegexp(`(${pattern})`).test(value));
    }),
    { numRuns: 3000 },
  );
});

test('no text makes the check throw', () => {
  const token = fc.constantFrom(
    '(',
    ')',
    '(?',
    '[',
    ']',
    '\\',
    '*',
    '+',
    '{1,',
    '}',
    '{9}',
    '|',
    '^',
    'a',
    'é',
    '\\Q',
    '\\pN',
    '(?i)',
    '-',
    ':',
    '<',
    '=',
    '\ud800',
  );
  const pattern = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(token, { maxLength: 20 }).map((all) => all.join('')),
  );
  fc.assert(
    fc.property(pattern, fc.string(), (source, value) => {
      const mistake = goRegexpMistake(source);
      if (mistake === undefined) {
        const expression = compileGoRegexp(source);
        expression.test(value);
        expression.replaceAll(value, value);
      } else {
        assert.ok(mistake.offset >= 0 && mistake.offset <= source.length);
      }
    }),
    { numRuns: 4000 },
  );
});
