import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cidrContains, compileTrust, parseCidr } from './cidr.ts';

const cases: readonly (readonly [cidr: string, address: string, inside: boolean])[] = [
  ['10.0.0.0/8', '10.255.0.1', true],
  ['10.0.0.0/8', '11.0.0.1', false],
  ['10.1.2.3/8', '10.9.9.9', true],
  ['192.0.2.7', '192.0.2.7', true],
  ['192.0.2.7', '192.0.2.8', false],
  ['0.0.0.0/0', '203.0.113.9', true],
  ['0.0.0.0/0', '2001:db8::1', false],
  ['::/0', '203.0.113.9', false],
  ['::/0', '2001:db8::1', true],
  ['10.0.0.0/8', '::ffff:10.0.0.1', true],
  ['10.0.0.0/8', '::ffff:a00:1', true],
  ['::ffff:10.0.0.0/104', '10.200.0.1', true],
  ['::ffff:10.0.0.0/104', '11.0.0.1', false],
  ['2001:db8::/33', '2001:db8:7fff::1', true],
  ['2001:db8::/33', '2001:db8:8000::1', false],
  ['2001:db8::1', '2001:0DB8:0:0:0:0:0:1', true],
  ['fe80::/10', 'fe80::1%eth0', false],
  ['10.0.0.0/8', 'not an address', false],
  ['::1', '::1', true],
];
for (const [cidr, address, inside] of cases) {
  test(`${address} is ${inside ? '' : 'not '}in ${cidr}`, () => {
    const range = parseCidr(cidr);
    assert.ok(range);
    assert.equal(cidrContains(range, address), inside);
  });
}

for (const text of [
  '',
  '10.0.0.0/33',
  '::/129',
  '10.0.0.0/',
  '10.0.0.0/08',
  '10.0.0.0/-1',
  '10.0.0/8',
  'a/8',
  '10.0.0.0/8/8',
  'fe80::1%eth0',
]) {
  test(`"${text}" is no CIDR`, () => assert.equal(parseCidr(text), undefined));
}

test('IPv4 ranges agree with arithmetic', () => {
  const word = fc.nat({ max: 0xffffffff });
  const dotted = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
  fc.assert(
    fc.property(word, fc.nat({ max: 0xffff }), fc.nat({ max: 32 }), (base, noise, bits) => {
      const other = (base ^ noise) >>> 0;
      const same = Math.floor(base / 2 ** (32 - bits)) === Math.floor(other / 2 ** (32 - bits));
      const range = parseCidr(`${dotted(base)}/${bits}`);
      assert.ok(range);
      assert.equal(cidrContains(range, dotted(other)), same);
      assert.equal(cidrContains(range, `::ffff:${dotted(other)}`), same);
    }),
  );
});

test('trust is by range, for everyone, or a mistake that says where', () => {
  const trust = compileTrust({ insecure: false, trustedIPs: ['10.0.0.0/8', '::1'] });
  assert.deepEqual(['10.1.1.1', '::1', '192.0.2.1'].map(trust), [true, true, false]);
  assert.equal(compileTrust({ insecure: true, trustedIPs: [] })('192.0.2.1'), true);
  assert.equal(compileTrust({ insecure: false, trustedIPs: [] })('127.0.0.1'), false);
  assert.throws(() => compileTrust({ insecure: false, trustedIPs: ['10.0.0.0/99'] }), {
    code: 'config.bad-cidr',
  });
});
