/** `$actions` on VMs: power and categories. */
import type { VmRecord } from '../state/records.ts';
import { schemaError } from '../wire/errors.ts';
import type { Call, Central, Reply, Route } from './central.ts';
import { readable } from './vms.ts';
import { accepted, replayed, staleEtag } from './writes.ts';

const config = 'vmm.v4.ahv.config';

interface Action {
  readonly path: string;
  readonly operation: string;
  readonly description: string;
  /** Returns what the task does; throws a schema error for a bad body. */
  readonly work: (vm: VmRecord, call: Call, central: Central) => () => void;
}

const power =
  (state: 'ON' | 'OFF') =>
  (vm: VmRecord, _call: Call, { inventory }: Central) =>
  () => {
    inventory.setPower(vm.extId, state);
  };

const actions: readonly Action[] = [
  { path: 'power-on', operation: 'PowerOnVm', description: 'Power on VM', work: power('ON') },
  { path: 'power-off', operation: 'PowerOffVm', description: 'Power off VM', work: power('OFF') },
  { path: 'shutdown', operation: 'ShutdownVm', description: 'Shut down VM', work: power('OFF') },
  {
    path: 'guest-shutdown',
    operation: 'ShutdownGuestVm',
    description: 'Shut down guest',
    work: power('OFF'),
  },
  { path: 'reboot', operation: 'RebootVm', description: 'Reboot VM', work: power('ON') },
  {
    path: 'associate-categories',
    operation: 'AssociateCategories',
    description: 'Associate categories',
    work: (vm, call, central) => {
      const ids = categoriesOf(call.body);
      return () => {
        const unknown = ids.find((id) => !central.inventory.categories.has(id));
        if (unknown !== undefined) throw new Error(`Could not resolve category reference ${unknown}.`);
        central.inventory.setCategories(vm.extId, ids, []);
      };
    },
  },
  {
    path: 'disassociate-categories',
    operation: 'DisassociateCategories',
    description: 'Disassociate categories',
    work: (vm, call, central) => {
      const ids = categoriesOf(call.body);
      return () => {
        central.inventory.setCategories(vm.extId, [], ids);
      };
    },
  },
  {
    path: 'customize-guest',
    operation: 'CustomizeGuestVm',
    description: 'Customize guest',
    work: (vm, call, central) => () => {
      central.inventory.changeVm(vm.extId, { guestCustomization: call.body });
    },
  },
];

export function vmActionRoutes(central: Central): Route[] {
  return actions.map((action) => ({
    method: 'POST',
    namespace: 'vmm',
    pattern: `/ahv/config/vms/{extId}/$actions/${action.path}`,
    answer: `${config}.${action.operation}ApiResponse`,
    handle: (call) => act(action, call, central),
  }));
}

function act(action: Action, call: Call, central: Central): Reply {
  const answer = `${config}.${action.operation}ApiResponse`;
  const before = replayed(call, central, { namespace: 'vmm', answer });
  if (before !== undefined) return before;
  const { extId } = readable(call, central);
  if (central.faults.etagMoves > 0) {
    central.faults.etagMoves--;
    central.inventory.changeVm(extId, {});
  }
  const vm = readable(call, central);
  const stale = staleEtag(call, central, vm.version);
  if (stale !== undefined && central.faults.etagFoundBy === 'request') throw stale;
  return accepted(call, central, {
    namespace: 'vmm',
    answer,
    operation: action.operation,
    description: action.description,
    entity: { extId: vm.extId, name: vm.name, rel: 'vmm:ahv:config:vm' },
    run: action.work(vm, call, central),
    stale: stale !== undefined,
  });
}

function categoriesOf(body: unknown): string[] {
  const list = (body as { readonly categories?: unknown } | undefined)?.categories;
  const ids = Array.isArray(list) ? list.map((one) => (one as { extId?: unknown } | null)?.extId) : [];
  if (ids.length === 0 || !ids.every((id) => typeof id === 'string'))
    throw schemaError('body.categories', 'categories', 'Object has missing required properties (["extId"])');
  return ids;
}
