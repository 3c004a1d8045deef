/** The legacy API, read only. */
import type { VmRecord } from '../state/records.ts';
import { v3Error, v3List, v3Vm } from '../wire/v3.ts';
import type { Call, Central, Reply } from './central.ts';

const maximum = 500;

/** The answer to a path after `/api/nutanix/v3`; undefined when there is none. */
export function v3(central: Central, call: Call): Reply | undefined {
  const { inventory } = central;
  const [, kind = '', first = '', second] = call.path.replace(/^\/api\/nutanix\/v3/, '').split('/');
  const what = `${call.method} ${kind}`;
  if (kind === 'network_security_rules')
    return { status: 410, body: v3Error(410, 'GONE', 'This API is no longer served; use v4.') };
  if (what === 'POST vms' && first === 'list') return vmList(central, call);
  if (what === 'GET vms') {
    const vm = inventory.vms.get(first);
    return vm === undefined ? missing('vm') : { status: 200, body: v3Vm(vm, inventory) };
  }
  if (what === 'GET tasks') return task(central, first);
  if (kind !== 'categories') return undefined;
  const name = decodeURIComponent(first);
  const visible = [...inventory.categories.values()].filter(
    ({ extId }) => !central.faults.hidden.includes(extId),
  );
  const keys = [...new Set(visible.map((category) => category.key))].sort();
  const values = visible
    .filter((category) => category.key === name)
    .map((category) => category.value)
    .sort();
  if (call.method === 'POST' && first === 'list' && second === undefined)
    return listed(call, 'category', keys.map(v3Key));
  if (call.method === 'POST' && second === 'list') {
    const rows = values.map((value) => v3Value(name, value));
    return keys.includes(name) ? listed(call, 'category', rows) : missing('category');
  }
  if (call.method !== 'GET') return undefined;
  if (second === undefined)
    return keys.includes(name) ? { status: 200, body: v3Key(name) } : missing('category');
  const value = decodeURIComponent(second);
  return values.includes(value) ? { status: 200, body: v3Value(name, value) } : missing('category');
}

const v3Key = (name: string): object => ({
  system_defined: name === 'Environment',
  name,
  description: '',
  capabilities: { cardinality: 64 },
});

const v3Value = (name: string, value: string): object => ({
  system_defined: false,
  name,
  value,
  description: '',
});

function vmList(central: Central, call: Call): Reply {
  const { inventory, faults } = central;
  const filter = String((call.body as { filter?: unknown } | undefined)?.filter ?? '');
  const { clusters } = call.account;
  const rows = inventory
    .rows()
    .filter((vm) => clusters === undefined || clusters.includes(vm.cluster))
    .filter((vm) => !faults.hidden.includes(vm.extId) && matches(vm, filter));
  const reply = listed(call, 'vm', rows, filter === '' ? undefined : filter, (vm) => {
    inventory.told(vm);
    return v3Vm(inventory.vms.get(vm.extId) ?? vm, inventory);
  });
  return reply;
}

/** FIQL, as much as is seen in practice: `vm_name==x;power_state==on`. */
function matches(vm: VmRecord, filter: string): boolean {
  return filter
    .split(';')
    .filter((part) => part !== '')
    .every((part) => {
      const [name = '', value = ''] = part.split('==');
      if (name === 'vm_name') return vm.name === value;
      if (name === 'power_state') return vm.powerState.toLowerCase() === value.toLowerCase();
      return name === 'uuid' && vm.extId === value;
    });
}

function listed<Row extends object>(
  call: Call,
  kind: string,
  rows: readonly Row[],
  filter?: string,
  wire: (row: Row) => object = (row) => row,
): Reply {
  const { offset = 0, length = 20 } = (call.body ?? {}) as { offset?: unknown; length?: unknown };
  const fits = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;
  if (!fits(offset) || !fits(length) || length > maximum) {
    const message = `offset and length must be whole numbers, length at most ${maximum}`;
    return { status: 422, body: v3Error(422, 'INVALID_ARGUMENT', message) };
  }
  const page = rows.slice(offset, offset + length).map(wire);
  return { status: 200, body: v3List(kind, offset, page, rows.length, filter) };
}

/** A v4 task, which v3 knows by the UUID in its extId. */
function task(central: Central, uuid: string): Reply {
  const found = central.tasks.list().find(({ extId }) => extId.endsWith(uuid));
  if (found === undefined || uuid === '') return missing('task');
  const error = found.legacyErrorMessage ?? found.errors?.[0]?.message;
  const body = {
    api_version: '3.1',
    uuid,
    status: found.status,
    percentage_complete: found.progress,
    operation_type: found.operation,
    entity_reference_list: (found.entities ?? []).map(({ extId }) => ({ kind: 'vm', uuid: extId })),
    creation_time: found.createdTime,
    ...(error === undefined ? {} : { error_detail: error }),
  };
  return { status: 200, body };
}

const missing = (kind: string): Reply => ({
  status: 404,
  body: v3Error(404, 'ENTITY_NOT_FOUND', `The requested ${kind} does not exist.`),
});
