/** VMs: listed, read, made, changed, removed. */
import { randomUUID } from 'node:crypto';
import type { Fields } from '../http/filter.ts';
import type { VmRecord } from '../state/records.ts';
import { entityAnswer } from '../wire/envelope.ts';
import { notFound } from '../wire/errors.ts';
import { commonRevision, typed } from '../wire/profile.ts';
import { type VmShape, wireNic, wireVm } from '../wire/vm.ts';
import type { Call, Central, Reply, Route } from './central.ts';
import { lister } from './list.ts';
import { newVmOf, readVmBody } from './vm-body.ts';
import { accepted, etagOf, pathId, replayed, staleEtag } from './writes.ts';

const namespace = 'vmm';
const config = 'vmm.v4.ahv.config';
const vms = '/ahv/config/vms';

const fields: Fields<VmRecord> = {
  fields: {
    extId: { get: (vm) => vm.extId },
    name: { get: (vm) => vm.name },
    description: { get: (vm) => vm.description },
    biosUuid: { get: (vm) => vm.extId },
    createTime: { get: (vm) => vm.createTime },
    updateTime: { get: (vm) => vm.updateTime },
    memorySizeBytes: { get: (vm) => vm.memorySizeBytes },
    numSockets: { get: (vm) => vm.numSockets },
    powerState: { get: (vm) => vm.powerState, enumType: 'Vmm.Ahv.Config.PowerState' },
    'cluster/extId': { get: (vm) => vm.cluster },
    'host/extId': { get: (vm) => vm.host },
  },
};

const withCategories: Fields<VmRecord> = {
  ...fields,
  collections: { categories: (vm) => (vm.categories ?? []).map((extId) => ({ extId })) },
};

export function shapeOf({ profile, faults }: Central): VmShape {
  return {
    profile,
    prefixLength: faults.prefixLength,
    echoGuestCustomization: faults.echoGuestCustomization,
  };
}

export function vmRoutes(central: Central): Route[] {
  const { inventory } = central;
  const text = rowTexts(central);
  const listed = {
    namespace,
    answer: `${config}.ListVmsApiResponse`,
    rows: () => inventory.rows(),
    text,
    told: (vm: VmRecord) => inventory.told(vm),
  } as const;
  const list = lister(central, { ...listed, fields });
  const listByCategory = lister(central, { ...listed, fields: withCategories });
  const route = (method: string, pattern: string, answer: string, handle: Route['handle']): Route => ({
    method,
    namespace,
    pattern,
    answer: `${config}.${answer}`,
    handle,
  });
  return [
    route('GET', vms, 'ListVmsApiResponse', (call) =>
      central.faults.vmCategoryFilter ? listByCategory(call) : list(call),
    ),
    route('POST', vms, 'CreateVmApiResponse', (call) => create(call, central)),
    route('GET', `${vms}/{extId}`, 'GetVmApiResponse', (call) => get(call, central)),
    route('PUT', `${vms}/{extId}`, 'UpdateVmApiResponse', (call) => update(call, central)),
    route('DELETE', `${vms}/{extId}`, 'DeleteVmApiResponse', (call) => remove(call, central)),
    route('GET', `${vms}/{extId}/nics`, 'ListNicsApiResponse', (call) => {
      const { nics = [] } = readable(call, central);
      const rows = nics.map((nic) => wireNic(nic, shapeOf(central)) as { readonly extId: string });
      return lister(central, {
        namespace,
        answer: `${config}.ListNicsApiResponse`,
        rows: () => rows,
        fields: { fields: { extId: { get: (nic) => nic.extId } } },
        text: (nic) => JSON.stringify(nic),
      })(call);
    }),
  ];
}

/** The JSON of each record is made once, for as long as the record and the switches are the same. */
function rowTexts(central: Central): (vm: VmRecord) => string {
  const kept = new WeakMap<VmRecord, { readonly shape: string; readonly text: string }>();
  return (vm) => {
    const shape = `${central.faults.prefixLength}`;
    const there = kept.get(vm);
    if (there?.shape === shape) return there.text;
    const text = JSON.stringify(wireVm(vm, { ...shapeOf(central), echoGuestCustomization: false }));
    kept.set(vm, { shape, text });
    return text;
  };
}

/** The VM that the path names, when this account may see it. */
export function readable(call: Call, central: Central): VmRecord {
  const vm = central.inventory.vms.get(pathId(call));
  const { clusters } = call.account;
  const seen = vm !== undefined && (clusters === undefined || clusters.includes(vm.cluster));
  if (!seen || central.faults.hidden.includes(vm.extId)) throw notFound(namespace);
  return vm;
}

function get(call: Call, central: Central): Reply {
  const vm = readable(call, central);
  if (central.faults.readAfterWrite404 > 0) {
    central.faults.readAfterWrite404--;
    throw notFound(namespace);
  }
  central.inventory.told(vm);
  const self = `${call.origin}${call.path}`;
  const links = [typed(commonRevision, 'common.v1.response.ApiLink', { href: self, rel: 'self' })];
  const data = { ...wireVm(vm, shapeOf(central)), links };
  return {
    status: 200,
    headers: { ETag: etagOf(vm.version) },
    body: entityAnswer(central.profile, namespace, `${config}.GetVmApiResponse`, data, self),
  };
}

function create(call: Call, central: Central): Reply {
  const answer = `${config}.CreateVmApiResponse`;
  const before = replayed(call, central, { namespace, answer });
  if (before !== undefined) return before;
  const body = readVmBody(call.body, central);
  const extId = randomUUID();
  const entity = { extId, name: body.name, rel: 'vmm:ahv:config:vm' };
  return accepted(call, central, {
    namespace,
    answer,
    operation: 'CreateVm',
    description: 'Create VM',
    entity,
    run: () => {
      const record = central.inventory.draft(newVmOf(body, extId, central));
      central.inventory.insert({
        ...record,
        ...(body.guestCustomization === undefined ? {} : { guestCustomization: body.guestCustomization }),
      });
    },
  });
}

/** Name and description; the rest of a VM is changed by actions. */
function update(call: Call, central: Central): Reply {
  const answer = `${config}.UpdateVmApiResponse`;
  const before = replayed(call, central, { namespace, answer });
  if (before !== undefined) return before;
  const vm = readable(call, central);
  const stale = staleEtag(call, central, vm.version);
  if (stale !== undefined) throw stale;
  const body = readVmBody(call.body, central, { exists: true });
  return accepted(call, central, {
    namespace,
    answer,
    operation: 'UpdateVm',
    description: 'Update VM',
    entity: { extId: vm.extId, name: body.name, rel: 'vmm:ahv:config:vm' },
    run: () => {
      const { name, description } = body;
      central.inventory.changeVm(vm.extId, { name, ...(description === undefined ? {} : { description }) });
    },
  });
}

function remove(call: Call, central: Central): Reply {
  const answer = `${config}.DeleteVmApiResponse`;
  const before = replayed(call, central, { namespace, answer });
  if (before !== undefined) return before;
  const vm = readable(call, central);
  const stale = staleEtag(call, central, vm.version);
  if (stale !== undefined) throw stale;
  return accepted(call, central, {
    namespace,
    answer,
    operation: 'DeleteVm',
    description: 'Delete VM',
    entity: { extId: vm.extId, name: vm.name, rel: 'vmm:ahv:config:vm' },
    run: () => central.inventory.removeVm(vm.extId),
  });
}
