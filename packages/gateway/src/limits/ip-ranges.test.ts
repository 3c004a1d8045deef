import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { cidrContains, parseCidr } from '../net/cidr.ts';
import { subnetOf } from '../net/subnet.ts';
import { IpRanges } from './ip-ranges.ts';

describe('IP ranges', () => {
  it('hold their addresses and no others', () => {
    const ranges = new IpRanges([
      '10.0.0.0/8',
      '192.168.1.7',
      '10.5.0.0/16',
      '2001:db8::/32',
      '::ffff:172.16.0.0/108',
    ]);
    const inside = [
      '10.0.0.0',
      '10.255.255.255',
      '192.168.1.7',
      '2001:db8::1',
      '2001:db8:ffff::',
      '172.31.0.1',
      '::ffff:10.1.2.3',
    ];
    const outside = [
      '9.255.255.255',
      '11.0.0.0',
      '192.168.1.8',
      '2001:db9::',
      '::1',
      '',
      'x',
      '10.0.0.0/8',
      '10.0.0.1:80',
      '[::1]',
    ];
    for (const address of inside) assert.ok(ranges.has(address), address);
    for (const address of outside) assert.ok(!ranges.has(address), address);
  });

  it('answer as looking through them one by one does', () => {
    const cidr = fc.oneof(
      fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([ip, bits]) => `${ip}/${bits}`),
      fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })).map(([ip, bits]) => `${ip}/${bits}`),
      fc.ipV4(),
      fc.ipV6(),
    );
    const addresses = fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(cidr, { maxLength: 30 }), addresses, (texts, asked) => {
        const ranges = new IpRanges(texts);
        const plain = texts.map((text) => parseCidr(text)).filter((range) => range !== undefined);
        const edges = texts.map((text) => text.replace(/\/.*/, ''));
        for (const address of [...asked, ...edges])
          assert.equal(
            ranges.has(address),
            plain.some((range) => cidrContains(range, address)),
            address,
          );
      }),
      { numRuns: 300 },
    );
  });

  it('are found among thousands without looking at each', () => {
    const texts = Array.from({ length: 20_000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/25`);
    const ranges = new IpRanges(texts);
    const begin = performance.now();
    for (let i = 0; i < 100_000; i++) assert.equal(ranges.has(`10.3.7.${i & 255}`), (i & 255) < 128);
    // Each of them would take a second and a half.
    assert.ok(performance.now() - begin < 1000, `${performance.now() - begin} ms`);
  });
});

it('zones of addresses say nothing of whose they are', () => {
  const ranges = new IpRanges(['fe80::1%eth0', 'fe80:1::%eth0/64']);
  for (const address of ['fe80::1', 'fe80::1%eth1', 'fe80:1::7']) assert.ok(ranges.has(address), address);
  assert.ok(!ranges.has('fe80::2%eth0'));
  assert.ok(!new IpRanges(['10.0.0.1']).has('10.0.0.1%x'));
});

describe('subnets', () => {
  it('are what IPv6 addresses lie in', () => {
    assert.equal(subnetOf('2001:db8:1:2:3:4:5:6', 64), '2001:db8:1:2::');
    assert.equal(subnetOf('2001:db8:1:2ff:3:4:5:6', 56), '2001:db8:1:200::');
    assert.equal(subnetOf('ffff::', 1), '8000::');
    assert.equal(subnetOf('::1', 128), '::1');
    for (const other of ['10.0.0.1', '::ffff:10.0.0.1', '', 'x', 'a:b', '2001:db8::/32'])
      assert.equal(subnetOf(other, 64), other);
  });
});
