import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Vm } from './api/vm.ts';
import { Conditions } from './conditions.ts';
import { Fleet, type Look } from './fleet.ts';

const rules = { prefer: 'ipv4', loopback: false, allows: () => true, drainTimeout: 30_000 } as const;
const vm = (id: string, changes: Partial<Vm> = {}): Vm => ({
  ...{ id, name: `vm-${id}`, power: 'ON', services: ['orders'], ports: [], weights: [], lost: [] },
  nics: [{ assigned: [`10.0.0.${id}`], learned: [] }],
  ...changes,
});

/** A fleet with its looks, a second apart. */
function fleetOf(...first: Vm[]) {
  const fleet = new Fleet();
  let now = 1000;
  const look = (vms: readonly Vm[], more: Partial<Look> = {}, ms = 1000) => {
    now += ms;
    const conditions = new Conditions();
    fleet.take({ vms, values: 1, short: false, ...more }, rules, now, conditions);
    return {
      ids: fleet
        .machines()
        .map(({ id }) => id)
        .join(''),
      machines: fleet.machines(),
      conditions: conditions.list().map(({ code, subject }) => `${code} ${subject}`),
      fenced: fleet.fenced(now).map(({ service, machine }) => `${service} ${machine.id}`),
    };
  };
  look(first);
  return { fleet, look, now: () => now };
}

test('a VM that is off or has lost its category goes at once; the latter may finish', () => {
  const { look } = fleetOf(vm('1'), vm('2'), vm('3'));
  const { ids, fenced } = look([vm('1'), vm('2', { power: 'OFF' }), vm('3', { services: [] })]);
  assert.equal(ids, '1');
  assert.deepEqual(fenced, ['orders 3'], 'nobody answers on a VM that is off');
  assert.deepEqual(look([vm('1'), vm('2', { power: 'OFF' })], {}, 29_999).fenced, []);
});

test('fenced only until its time is over, and not when it is back', () => {
  const { look, fleet, now } = fleetOf(vm('1'), vm('2'));
  const gone = [vm('1'), vm('2', { services: [] })];
  assert.deepEqual(look(gone).fenced, ['orders 2']);
  assert.deepEqual(fleet.fenced(now() + 29_999).length, 1);
  assert.deepEqual(fleet.fenced(now() + 30_001), []);
  const again = fleetOf(vm('1'), vm('2'));
  again.look(gone);
  assert.deepEqual(again.look([vm('1'), vm('2')]).fenced, []);
});

test('a VM that one answer lacks stays, one that two lack goes', () => {
  const { look } = fleetOf(vm('1'), vm('2'), vm('3'));
  const first = look([vm('1'), vm('2')]);
  assert.deepEqual([first.ids, first.conditions], ['123', ['prism.missing VMs']]);
  assert.deepEqual(look([vm('1'), vm('2')]), { ...look([vm('1'), vm('2')]), ids: '12', conditions: [] });
  assert.equal(fleetOf(vm('1')).look([]).ids, '1', 'the only one too');
});

test('an answer that lacks all, or too many, is believed when five in a row say it', () => {
  for (const more of [{}, { short: true }]) {
    const { look } = fleetOf(vm('1'), vm('2'));
    const seen = [1, 2, 3, 4, 5].map(() => look([], more).ids);
    assert.deepEqual(seen, ['12', '12', '12', '12', '']);
  }
});

test('categories that are not listed any more take nothing away at once', () => {
  const hidden = (id: string) => vm(id, { services: [] });
  const { look } = fleetOf(vm('1'), vm('2'));
  const seen = [1, 2, 3, 4, 5].map(() => look([hidden('1'), hidden('2')], { values: 0 }).ids);
  assert.deepEqual(seen, ['12', '12', '12', '12', '']);
  const one = fleetOf(vm('1'), vm('2'));
  const lost = [vm('1'), vm('2', { services: [], lost: ['c-1'] })];
  assert.deepEqual(one.look(lost).conditions, ['prism.unknown-category c-1']);
  assert.equal(one.look(lost).ids, '1');
});

test('a power state that is not known is not off', () => {
  const { look } = fleetOf(vm('1'));
  const unclear = [vm('1', { power: 'UNDETERMINED' }), vm('2', { power: '$REDACTED' })];
  assert.equal(look(unclear).ids, '1', 'and what was not on before is not taken');
  assert.equal(look(unclear).ids, '');
});

test('a VM that is on without address keeps its last one for ten minutes', () => {
  const bare = vm('1', { nics: [] });
  const { look } = fleetOf(vm('1'));
  const first = look([bare]);
  assert.equal(first.machines[0]?.address, '10.0.0.1');
  assert.deepEqual(first.conditions, ['prism.no-address vm-1']);
  assert.equal(look([bare], {}, 590_000).machines[0]?.address, '10.0.0.1');
  const late = look([bare], {}, 20_000);
  assert.deepEqual([late.ids, late.machines[0]?.address], ['1', undefined], 'pending, not gone');
  assert.equal(look([vm('1')]).machines[0]?.address, '10.0.0.1');
});

test('a value that is no name is told and serves nothing; ports and weights in range only', () => {
  const { look } = fleetOf();
  const { machines, conditions } = look([
    vm('1', { services: ['Orders`) || PathPrefix(`/', 'billing'], ports: ['8080', '9090'], weights: ['5'] }),
    vm('2', { ports: ['http'], weights: ['1001'] }),
  ]);
  assert.deepEqual(
    machines.map(({ services, port, weight }) => [services, port, weight]),
    [
      [['billing'], 8080, 5],
      [['orders'], undefined, undefined],
    ],
  );
  assert.deepEqual(conditions, [
    'prism.bad-name Orders`) || PathPrefix(`/',
    'prism.bad-port vm-2',
    'prism.bad-weight vm-2',
    'prism.several-ports vm-1',
  ]);
});
