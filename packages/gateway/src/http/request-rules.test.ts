import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { defaultRequestRules, type RequestRules } from '../model/entry-point-rules.ts';
import { refusedEscape, refusedEscapes } from './encoded-characters.ts';
import type { Headers } from './headers.ts';
import type { RequestHead } from './message.ts';
import { canonicalTarget } from './path.ts';
import { CompiledRules } from './request-rules.ts';

function head(target: string, headers: Headers = []): RequestHead {
  const canonical = canonicalTarget(target);
  assert.ok(!('refused' in canonical), target);
  const { path, query } = canonical;
  const from = { authority: 'a', host: 'a', clientAddress: '192.0.2.7', secure: false };
  return { method: 'GET', path, query, headers, ...from };
}

function applied(rules: Partial<RequestRules>, request: RequestHead): string | undefined {
  return new CompiledRules({ ...defaultRequestRules, ...rules }).apply(request);
}

test('semicolons of a query, as Traefik documents them', () => {
  for (const [query, separated, encoded] of [
    ['foo=bar;baz=bar', 'foo=bar&baz=bar', 'foo=bar%3Bbaz=bar'],
    ['foo=bar&baz=bar;foo', 'foo=bar&baz=bar&foo', 'foo=bar&baz=bar%3Bfoo'],
    ['a=%3B', 'a=%3B', 'a=%3B'],
    ['', '', ''],
  ] as const) {
    const one = head(`/?${query}`);
    assert.equal(applied({}, one), undefined);
    assert.equal(one.query, separated);
    const other = head(`/?${query}`);
    assert.equal(applied({ querySemicolons: 'encode' }, other), undefined);
    assert.equal(other.query, encoded);
  }
  const none = head('/a;b');
  assert.equal(applied({}, none), undefined);
  assert.deepEqual([none.path, none.query], ['/a;b', undefined]);
});

test('escapes: refused by what they stand for, however they are written', () => {
  const refuses = (target: string, ...digits: string[]) => applied({ refusedEscapes: digits }, head(target));
  assert.equal(refuses('/a%2fb', '2F'), '%2F is not allowed in a path here');
  assert.equal(refuses('/a%2Fb', '5C', '3B'), undefined);
  assert.equal(refuses('/x%20y%5cz', '2F', '5C'), '%5C is not allowed in a path here');
  assert.equal(refuses('/%25%32%46', '2F', '25'), '%25 is not allowed in a path here');
  assert.equal(refuses('/?a=%2F', '2F'), undefined);
  for (const digits of ['2F', '5C', '3B', '25', '3F', '23'])
    assert.equal(refuses(`/a%${digits}`, digits), `%${digits} is not allowed in a path here`);
});

test('escapes: agree with decoding, for any path', () => {
  const refused = refusedEscapes(['2F', '5C', '25']);
  assert.ok(refused);
  const path = fc
    .array(fc.oneof(fc.constantFrom('%2F', '%5c', '%25', '%20', 'a', '/'), fc.string()))
    .map((parts) =>
      encodeURI(`/${parts.join('')}`.replaceAll('\\', ''))
        .replaceAll('%25', '%')
        .replaceAll('?', ''),
    );
  fc.assert(
    fc.property(path, (text) => {
      const canonical = canonicalTarget(text);
      if ('refused' in canonical) return;
      const bad = /%(?:2F|5C|25)/.test(canonical.path);
      assert.equal(refusedEscape(canonical.path, refused) !== undefined, bad);
    }),
  );
});

test('names with underscores: kept, deleted, refused', () => {
  const fields = (): Headers => ['a_b', '1', 'A_b', 'c', '2', 'C', 'x_y_z', '3', 'x_y_z'];
  const kept = head('/', fields());
  assert.equal(applied({}, kept), undefined);
  assert.deepEqual(kept.headers, fields());
  const deleted = head('/', fields());
  assert.equal(applied({ underscoreHeaders: 'delete' }, deleted), undefined);
  assert.deepEqual(deleted.headers, ['c', '2', 'C']);
  const reject = { underscoreHeaders: 'reject' } as const;
  assert.match(applied(reject, head('/', fields())) ?? '', /"_"/);
  assert.equal(applied(reject, head('/', ['c', 'a_b', 'C'])), undefined);
});
