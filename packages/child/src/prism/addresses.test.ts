import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type AddressRules, chooseAddress, isUsable } from './addresses.ts';

const anywhere: AddressRules = { prefer: 'ipv4', loopback: false, allows: () => true };
const nic = (assigned: string[], learned: string[] = [], subnet = 'a') => ({ assigned, learned, subnet });

test('an assigned address goes before a learned one, whatever its NIC', () => {
  const nics = [nic([], ['192.168.77.12', '169.254.10.3']), nic(['10.20.30.12'], ['10.20.30.112'])];
  assert.equal(chooseAddress(nics, anywhere).address, '10.20.30.12');
  assert.equal(chooseAddress(nics.slice(0, 1), anywhere).address, '192.168.77.12');
});

test('only NICs on allowed subnets count, and it is told when there are others', () => {
  const nics = [nic(['10.0.0.1'], [], 'b'), nic([], ['10.0.1.1'], 'a')];
  const onlyA = { ...anywhere, allows: (subnet: string | undefined) => subnet === 'a' };
  assert.deepEqual(chooseAddress(nics, onlyA), { address: '10.0.1.1', outside: false });
  assert.deepEqual(chooseAddress(nics.slice(0, 1), onlyA), { outside: true });
  assert.deepEqual(chooseAddress([nic([])], onlyA), { outside: false });
});

test('the preferred kind, else the other; IPv6 in one spelling', () => {
  const nics = [nic(['10.0.0.1'], ['10.0.0.2', 'FD20:30:0::12', 'fe80::1'])];
  assert.equal(chooseAddress(nics, anywhere).address, '10.0.0.1');
  assert.equal(chooseAddress(nics, { ...anywhere, prefer: 'ipv6' }).address, 'fd20:30::12');
  assert.equal(chooseAddress([nic([], ['fd20:30::12'])], anywhere).address, 'fd20:30::12');
});

test('an address stays while it is as good as any, and goes when it is not', () => {
  const learned = (...all: string[]) => [nic([], all)];
  assert.equal(chooseAddress(learned('10.0.0.2', '10.0.0.1'), anywhere, '10.0.0.1').address, '10.0.0.1');
  assert.equal(chooseAddress(learned('10.0.0.2'), anywhere, '10.0.0.1').address, '10.0.0.2');
  const assigned = [nic(['10.0.0.3'], ['10.0.0.1'])];
  assert.equal(chooseAddress(assigned, anywhere, '10.0.0.1').address, '10.0.0.3');
});

test('addresses that lead elsewhere are none', () => {
  const bad =
    '0.0.0.0 127.0.0.1 127.9.9.9 169.254.169.254 224.0.0.1 255.255.255.255 :: ::1 fe80::1 febf::1 ff02::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1 text';
  for (const address of bad.split(' ')) assert.equal(isUsable(address, false), false, address);
  for (const address of ['10.0.0.1', '192.168.1.1', '223.255.0.1', 'fd00::1', '2001:db8::1']) {
    assert.equal(isUsable(address, false), true, address);
  }
  assert.equal(isUsable('127.0.0.1', true), true, 'of a simulated Prism Central');
  assert.equal(isUsable('169.254.169.254', true), false);
});

test('whatever is chosen is one of the addresses and usable', () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('127.0.0.1', '::1', 'fe80::1'));
  const some = fc.array(fc.record({ assigned: fc.array(address), learned: fc.array(address) }), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(some, fc.constantFrom('ipv4' as const, 'ipv6' as const), (nics, prefer) => {
      const { address: chosen } = chooseAddress(nics, { ...anywhere, prefer });
      const all = nics.flatMap((each) => [...each.assigned, ...each.learned]);
      if (chosen === undefined) assert.ok(!all.some((each) => isUsable(each, false)));
      else assert.ok(isUsable(chosen, false));
    }),
  );
});
