import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeAdvertisement } from './decode-advertisement.ts';
import type { ProviderState } from './provider-state.ts';

const failing: ProviderState = {
  name: 'nutanixPrismCentral',
  endpoint: 'https://pc.example.com:9440',
  state: 'failing',
  lastGoodAt: 1_700_000_000_000,
  error: { code: 'prism.unauthorized', message: 'the key is no longer good', remedy: 'a new one', since: 1 },
  services: 2,
  machines: 5,
  seen: 8,
  conditions: [{ code: 'prism.no-address', subject: 'wäb-1', message: 'want an address, found none' }],
};
const document = (providers: unknown) =>
  JSON.stringify({
    ...{ protocols: [1], child: 'vm-1', version: '0', revision: 1, epoch: 'a', draining: false },
    ...{ uplinks: [], providers },
  });

test('states come back as they are, and a child without providers says nothing of them', () => {
  const decoded = decodeAdvertisement(document([failing, { ...failing, name: 'other', state: 'ok' }]));
  assert.ok(decoded.accepted);
  assert.deepEqual(decoded.advertisement.providers?.[0], failing);
  assert.deepEqual(decoded.problems, []);
  const none = decodeAdvertisement(document(undefined));
  assert.ok(none.accepted && !('providers' in none.advertisement));
});

for (const [what, providers] of [
  ['no list', {}],
  ['too many', Array.from({ length: 9 }, () => failing)],
  ['an unknown state', [{ ...failing, state: 'fine' }]],
  ['a message that moves the cursor', [{ ...failing, error: { ...failing.error, message: '\u001b[2J' } }]],
  ['a message without end', [{ ...failing, error: { ...failing.error, message: 'x'.repeat(501) } }]],
  ['too many conditions', [{ ...failing, conditions: Array.from({ length: 51 }, () => ({})) }]],
  ['one name twice', [failing, failing]],
  ['a name that is no label', [{ ...failing, name: 'a b' }]],
  ['text that turns round', [{ ...failing, endpoint: 'https://\u202Egro' }]],
  ['a time that no clock has', [{ ...failing, lastGoodAt: 1e300 }]],
  ['a number of machines that is none', [{ ...failing, machines: -1 }]],
] as const) {
  test(`${what}: told, and the uplinks count all the same`, () => {
    const decoded = decodeAdvertisement(document(providers));
    assert.ok(decoded.accepted);
    assert.equal(decoded.advertisement.providers, undefined);
    assert.deepEqual(
      decoded.problems.map(({ code }) => code),
      ['advertisement.provider'],
    );
  });
}

test('a condition that can’t be read is left out, the others count', () => {
  const conditions = [{ ...failing.conditions[0], subject: '' }, ...failing.conditions];
  const decoded = decodeAdvertisement(document([{ ...failing, conditions }]));
  assert.ok(decoded.accepted);
  assert.deepEqual(decoded.advertisement.providers, [failing]);
});

test('whatever it is, the decoder answers', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.ok(decodeAdvertisement(document(value)).accepted);
    }),
  );
});
