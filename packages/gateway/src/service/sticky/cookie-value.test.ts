import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { requestHead } from '../../testing/picks.ts';
import { cookieValue } from './cookie-value.ts';

const read = (cookie: string, name = 'id') => cookieValue(requestHead({ Cookie: cookie }).headers, name);

for (const [cookie, value] of [
  ['id=1', '1'],
  ['a=2; id=1', '1'],
  ['a=2;id=1;b=3', '1'],
  ['a=2;  id = 1 ; b=3', undefined],
  ['a=2;  id= 1 ; b=3', '1'],
  ['id="1"', '1'],
  ['id="', '"'],
  ['id=', ''],
  ['id', undefined],
  ['sid=2; id=1', '1'],
  ['x=id=2; id=1', '1'],
  ['x= id=2; id=1', '1'],
  ['idid=2; id=1', '1'],
  ['id=1; id=2', '1'],
  ['', undefined],
  ['a=2', undefined],
] as const) {
  test(`the cookie id of ${JSON.stringify(cookie)} is ${value}`, () => assert.equal(read(cookie), value));
}

test('several Cookie fields count as one', () => {
  const headers = ['cookie', 'a=1', 'Cookie', 'x-a', 'id=9', 'X-A', 'cookie', 'id=2', 'Cookie'];
  assert.equal(cookieValue(headers, 'id'), '2');
});

test('any cookies are read as taking them apart would', () => {
  const text = fc.string({ unit: fc.constantFrom('i', 'd', '=', ';', ' ', '\t', '"', 'x'), maxLength: 20 });
  const apart = (cookies: string): string | undefined => {
    for (const each of cookies.split(';')) {
      const [, value] = /^[ \t]*id=[ \t]*(.*?)[ \t]*$/.exec(each) ?? [];
      if (value !== undefined) return /^"(.*)"$/.exec(value)?.[1] ?? value;
    }
    return undefined;
  };
  fc.assert(
    fc.property(text, (cookies) => assert.equal(read(cookies), apart(cookies))),
    { numRuns: 3000 },
  );
});
