import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalPath, canonicalTarget } from './path.ts';
import { pathLiteral } from './path-literal.ts';

const accepted: readonly (readonly [target: string, path: string, query?: string])[] = [
  ['/', '/'],
  ['/a?b=c', '/a', 'b=c'],
  ['/a?', '/a', ''],
  ['/a??b\\"{}', '/a', '?b\\"{}'],
  ['/%7Euser/%41', '/~user/A'],
  ['/%c3%a9', '/%C3%A9'],
  ['/a%2fb%5cc%3b%25%3f%23', '/a%2Fb%5Cc%3B%25%3F%23'],
  ['/@scope%2Fname', '/@scope%2Fname'],
  ['/a{b}|"', '/a%7Bb%7D%7C%22'],
  ['//a///b//', '/a/b/'],
  ['/a/./b/../c', '/a/c'],
  ['/a/%2e/b/%2E%2e/c', '/a/c'],
  ['/a//../b', '/b'],
  ['/../../x', '/x'],
  ['/a/..', '/'],
  ['/a/b/.', '/a/b/'],
  ['/.well-known/a/...', '/.well-known/a/...'],
  ['/a;v=1/b', '/a;v=1/b'],
  ['/%252e%252e/x', '/%252e%252e/x'],
];

for (const [target, path, query] of accepted) {
  test(`${target} is forwarded as ${path}`, () => {
    assert.deepEqual(canonicalTarget(target), { path, query });
  });
}

const refused = [
  '',
  'a',
  '*',
  'http://a/',
  '/a b',
  '/a\tb',
  '/a\0',
  '/a\x7f',
  '/a#b',
  '/a\\b',
  '/é',
  '/a?b c',
  '/a?b#c',
  '/a?é',
  '/%',
  '/%4',
  '/%zz',
  '/%4?1',
  '/%00',
  '/a/..%2fb',
  '/..%2Fb',
  '/a/%2e%2e%5cb',
  '/a%2f..%2fb',
  '/a/.%2fb',
  '/x%5c..',
  '/..;/b',
  '/a/..;x=1/b',
  '/.;/b',
  '/%2e.%3b/b',
  '/a%2f..;b',
];
for (const target of refused) {
  test(`${JSON.stringify(target)} is refused`, () => {
    assert.ok('refused' in canonicalTarget(target));
  });
}

/** Made of the pieces that path tricks are made of. */
const tricky = fc
  .array(
    fc.constantFrom(
      '/',
      '.',
      '..',
      '%2e',
      '%2E',
      '%2f',
      '%5C',
      '%00',
      '%25',
      '%3b',
      ';',
      'a',
      'b~',
      '%41',
      '%c3',
      '{',
      '\\',
      '?',
      '%',
      '#',
      ' ',
    ),
    { maxLength: 12 },
  )
  .map((parts) => `/${parts.join('')}`);

test('canonical paths stay as they are, and never hold anything a rule could be led round with', () => {
  fc.assert(
    fc.property(tricky, (target) => {
      const first = canonicalTarget(target);
      if ('refused' in first) return;
      const again = canonicalTarget(first.query === undefined ? first.path : `${first.path}?${first.query}`);
      assert.deepEqual(again, first);
      assert.equal(canonicalPath(first.path), first.path);
      assert.doesNotMatch(first.path, /\/\/|\/\.\.?(?:\/|$)|[\\#? ]|%00|%[a-f]|%.[a-f]|%2E|%41/);
      const seen = decodeSeparators(first.path);
      assert.ok(
        !seen.split(/[/\\]/).some((segment) => /^\.\.?(?:;|$)/.test(segment)),
        `${target} -> ${first.path}`,
      );
    }),
    { numRuns: 100_000 },
  );
});

test('empty segments may stay; dot segments are then refused, however they are written', () => {
  for (const kept of ['/a//b', '//a', '///', '/a//', '/a/%2F//b', '//a//b?c//d']) {
    const target = canonicalTarget(kept, true);
    assert.ok(!('refused' in target), kept);
    assert.equal(target.query === undefined ? target.path : `${target.path}?${target.query}`, kept);
  }
  for (const dots of [
    '/a/../b',
    '/.',
    '/a//..',
    '/./a',
    '/a/%2e%2e/b',
    '/..%2f',
    '/a/..;x/b',
    '//../a',
    '/a/.?b',
  ])
    assert.ok('refused' in canonicalTarget(dots, true), dots);
  assert.deepEqual(canonicalTarget('/%61//%c3', true), { path: '/a//%C3', query: undefined });
  assert.equal(canonicalPath('//a', true), '//a');
  assert.equal(canonicalPath('/a/../b', true), undefined);
});

test('with empty segments too, canonical paths stay as they are and no dot segment is left', () => {
  fc.assert(
    fc.property(tricky, (target) => {
      const first = canonicalTarget(target, true);
      if ('refused' in first) return;
      assert.equal(canonicalPath(first.path, true), first.path);
      const segments = decodeSeparators(first.path).split(/[/\\]/);
      assert.ok(!segments.some((segment) => /^\.\.?(?:;|$)/.test(segment)), `${target} -> ${first.path}`);
      // It is the same path but for the empty segments.
      const merged = canonicalTarget(target);
      assert.ok(!('refused' in merged));
      assert.equal(canonicalPath(first.path.replace(/\/{2,}/g, '/')), merged.path);
    }),
    { numRuns: 20_000 },
  );
});

test('any text is taken or refused, never thrown at', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const result = canonicalTarget(`/${text}`);
      assert.ok('refused' in result || result.path.startsWith('/'));
    }),
  );
});

test('a path that middlewares rewrote is refused when it has become a target with a query', () => {
  assert.equal(canonicalPath('/a?b'), undefined);
  assert.equal(canonicalPath('/a/../b'), '/b');
  assert.equal(canonicalPath('/a/..%2fb'), undefined);
  assert.equal(canonicalPath('//a?b'), undefined);
  assert.equal(canonicalPath('a'), undefined);
});

test('a path in configuration takes the form canonical paths have', () => {
  assert.equal(pathLiteral('/é b'), '/%C3%A9%20b');
  assert.equal(pathLiteral('/%7ea%2f100%'), '/~a%2F100%25');
  assert.equal(pathLiteral('/{id}?'), '/%7Bid%7D%3F');
});

function decodeSeparators(path: string): string {
  return path.replaceAll('%2F', '/').replaceAll('%5C', '\\').replaceAll('%3B', ';');
}
