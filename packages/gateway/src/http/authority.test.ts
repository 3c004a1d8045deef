import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAuthority } from './authority.ts';

const accepted: readonly (readonly [value: string, host: string, port?: number])[] = [
  ['Example.COM', 'example.com'],
  ['example.com.:8443', 'example.com', 8443],
  ['a_b.example:0', 'a_b.example', 0],
  ['127.0.0.1:80', '127.0.0.1', 80],
  ['[::1]:9443', '::1', 9443],
  ['[2001:DB8::1]', '2001:db8::1'],
  ['h:', 'h'],
  ['h:65535', 'h', 65535],
];
for (const [value, host, port] of accepted) {
  test(`${value} is ${host}`, () =>
    assert.deepEqual(parseAuthority(value), { authority: value, host, port }));
}

const refused = [
  '',
  ' ',
  '.',
  ':80',
  'u@h',
  'u:p@h',
  'a,b',
  'a, b',
  'a b',
  'a/b',
  'a?b',
  'a#b',
  'a\\b',
  'a%41',
  'é',
  'a..b',
  '.a',
  'h:x',
  'h:65536',
  'h:123456',
  'h:-1',
  'h:80:80',
  '[::1',
  '::1',
  '[::1]x',
  '[fe80::1%eth0]',
  '[v1.x]',
  '[1.2.3.4]',
  'h\0',
  'a'.repeat(300),
];
for (const value of refused) {
  test(`${JSON.stringify(value).slice(0, 40)} is no authority`, () =>
    assert.equal(parseAuthority(value), undefined));
}

test('what is accepted holds nothing but one host and a port, the second time too', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', 'B', '.', ':', '1', '[', ']', '@', ',', '-', '%', 'é') }),
      (value) => {
        const parsed = parseAuthority(value);
        assert.deepEqual(parseAuthority(value), parsed);
        if (parsed === undefined) return;
        assert.match(parsed.host, /^[a-z0-9.\-:]+$/);
        assert.doesNotMatch(parsed.host, /\.$/);
      },
    ),
    { numRuns: 5000 },
  );
});

test('more hosts than the cache holds are all parsed right', () => {
  for (let i = 0; i < 5000; i++) assert.equal(parseAuthority(`H${i}.example`)?.host, `h${i}.example`);
});
