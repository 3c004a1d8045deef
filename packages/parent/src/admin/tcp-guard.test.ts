import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { test } from 'node:test';
import type { FicusError } from '@ficus/common/errors.ts';
import fc from 'fast-check';
import { guardTcp } from './tcp-guard.ts';

/** The code of the refusal; undefined: let in. */
function refusal(headers: IncomingHttpHeaders): string | undefined {
  const good = { host: '127.0.0.1:8081', authorization: 'Bearer good' };
  try {
    guardTcp({ ...good, ...headers }, (authorization) => authorization === 'Bearer good');
    return undefined;
  } catch (error) {
    return (error as FicusError).code;
  }
}

for (const host of [
  '127.0.0.1:8081',
  '10.1.2.3',
  '[::1]:8081',
  'localhost',
  'LOCALHOST:80',
  'localhost.:80',
]) {
  test(`called as ${host}`, () => assert.equal(refusal({ host }), undefined));
}

for (const host of [
  '',
  'evil.example',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  '127.0.0.1@evil',
  '1',
  'a b',
]) {
  test(`not called as ${JSON.stringify(host)}`, () => assert.equal(refusal({ host }), 'admin.bad-host'));
}

for (const [what, headers, code] of [
  ['its own origin', { origin: 'http://127.0.0.1:8081' }, undefined],
  ['another port is another origin', { origin: 'http://127.0.0.1:8082' }, 'admin.cross-site'],
  ['a web page of another site', { origin: 'https://evil.example' }, 'admin.cross-site'],
  ['a page without origin', { origin: 'null' }, 'admin.cross-site'],
  ['an address typed in', { 'sec-fetch-site': 'none' }, undefined],
  ['the same site is not the same origin', { 'sec-fetch-site': 'same-site' }, 'admin.cross-site'],
  ['a foreign page with the token', { 'sec-fetch-site': 'cross-site' }, 'admin.cross-site'],
  ['another token', { authorization: 'Bearer other' }, 'admin.unauthorized'],
  ['an empty token', { authorization: '' }, 'admin.unauthorized'],
] as const) {
  test(what, () => assert.equal(refusal(headers), code));
}

test('no token at all', () => {
  assert.throws(() => guardTcp({ host: 'localhost' }, (authorization) => authorization !== undefined), {
    code: 'admin.unauthorized',
  });
});

test('whatever a name is, it is not let in by it', () => {
  fc.assert(
    fc.property(fc.domain(), fc.string(), (domain, text) => {
      assert.equal(refusal({ host: domain }), 'admin.bad-host');
      assert.ok([undefined, 'admin.bad-host'].includes(refusal({ host: text })));
      assert.equal(refusal({ authorization: text }), 'admin.unauthorized');
    }),
  );
});
