/** Makes a VM through Prism Central, powers it on, and waits until it has an address: `ficus cloud-init --prism-create`. */
import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '@ficus/common/clock.ts';
import { FicusError } from '@ficus/common/errors.ts';
import { plain, quoted } from '@ficus/common/plain-text.ts';
import { isUsable } from './addresses.ts';
import { member, PrismError } from './api/error.ts';
import { sleep } from './api/pace.ts';
import { vmOfV4 } from './api/vm.ts';
import { completePrism } from './config.ts';
import type { PrismFile } from './config-schema.ts';
import { PrismCalls } from './write/calls.ts';
import { resolveNames } from './write/names.ts';
import type { VmOrder } from './write/order.ts';
import { finished } from './write/task.ts';
import { checkOrder, vmBody } from './write/vm-body.ts';

export type { VmOrder } from './write/order.ts';

/** Times a VM is looked at anew because something else changed it while it was to be powered on. */
const powerOnAttempts = 5;
const pollMs = 2000;
/** A VM that was just made may not be there yet. */
const readAfterWriteMs = 30_000;

export interface CreateVmOptions {
  /** Which Prism Central, who asks, and whom to trust: keys of `providers.nutanixPrismCentral`. */
  readonly prism: Pick<
    PrismFile,
    'endpoint' | 'apiKey' | 'apiKeyFile' | 'username' | 'password' | 'passwordFile' | 'tls'
  >;
  readonly vm: VmOrder;
  /** What relative file names in `prism` are relative to. Default the working directory. */
  readonly folder?: string;
  /** For everything together; default 15 minutes. */
  readonly deadlineMs?: number;
  /**
   * `NTNX-Request-Id` of the creation, a UUID: Prism Central answers the same id with the same task, so that asking again never
   * makes a second VM. Default a new one for each call, the same in all of its attempts.
   */
  readonly requestId?: string;
  /** Told each step, for a person. */
  readonly say?: (line: string) => void;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

export interface CreatedVm {
  readonly extId: string;
  readonly name: string;
  /** Assigned ones first; at least one. */
  readonly addresses: readonly string[];
}

/**
 * Resolves once the VM runs and has an address. Throws a `FicusError`: `prism.vm-order` for an order that cannot be, `prism.vm-exists`,
 * `prism.no-such-name`, `prism.task-failed`, `prism.task-canceled`, `prism.task-timeout`, `prism.no-address`, or what a
 * request failed of (`prism.unauthorized`, `prism.forbidden`, …). When the VM exists by then, the remedy says so.
 */
export async function createVm(options: CreateVmOptions): Promise<CreatedVm> {
  const { vm, clock = systemClock, requestId = randomUUID(), say = () => {} } = options;
  checkOrder(vm);
  const config = completePrism(options.prism, options.folder ?? process.cwd());
  const calls = new PrismCalls(config, {
    clock,
    deadlineMs: options.deadlineMs ?? 15 * 60_000,
    signal: options.signal ?? new AbortController().signal,
  });
  try {
    const names = await resolveNames(calls, vm);
    const { vms, version } = await freeName(calls, vm, names.cluster);
    say(`creating VM ${vm.name} on cluster ${vm.cluster}`);
    const body = vmBody(vm, names, version, requestId);
    const created = await calls.post(vms, { body, requestId });
    const entities = await finished(calls, created, `create VM ${vm.name}`);
    const extId = entities.find(({ rel }) => rel === 'vmm:ahv:config:vm')?.extId ?? entities[0]?.extId;
    if (extId === undefined) {
      throw new PrismError(
        'prism.bad-answer',
        `create VM ${vm.name}: the task does not say which VM it made`,
        {
          remedy: 'look for the VM in Prism Central',
        },
      );
    }
    try {
      say(`powering on ${vm.name} (${extId})`);
      await powerOn(calls, vms, extId, vm.name);
      say(`waiting for an address of ${vm.name}`);
      return { extId, name: vm.name, addresses: await addressesOf(calls, `${vms}/${extId}`, vm.name) };
    } catch (error) {
      throw leftBehind(error, vm.name, extId);
    }
  } finally {
    calls.close();
  }
}

/** Names are not unique in Prism Central, but two VMs of one name would be two children with one token. */
async function freeName(
  calls: PrismCalls,
  { name }: VmOrder,
  cluster: string,
): Promise<{ vms: string; version: string }> {
  const filter = `name eq '${name.replaceAll("'", "''")}' and cluster/extId eq '${cluster}'`;
  const query = `$limit=1&$select=name&$filter=${encodeURIComponent(filter)}`;
  const { document, version } = await calls.newest('vmm', 'ahv/config/vms', query);
  const rows = member(document, 'data');
  if (Array.isArray(rows) && rows.length > 0) {
    const found = String(member(rows[0], 'extId'));
    throw new FicusError(
      'prism.vm-exists',
      `want a name that is free, found a VM ${quoted(name)} (${found})`,
      {
        remedy: 'name another one, or delete that VM',
      },
    );
  }
  return { vms: `/api/vmm/${version}/ahv/config/vms`, version };
}

/** Each attempt is a request of its own, with an ETag of its own: a task that failed stays failed under its id. */
async function powerOn(calls: PrismCalls, vms: string, extId: string, name: string): Promise<void> {
  const what = `power on VM ${name}`;
  for (let attempt = 1; ; attempt++) {
    const { document, etag } = await justMade(calls, `${vms}/${extId}`);
    if (member(member(document, 'data'), 'powerState') === 'ON') return;
    try {
      const accepted = await calls.post(`${vms}/${extId}/$actions/power-on`, {
        requestId: randomUUID(),
        ...(etag === undefined ? {} : { ifMatch: etag }),
      });
      await finished(calls, accepted, what);
      return;
    } catch (error) {
      const mismatch = error instanceof FicusError && error.code === 'prism.etag-mismatch';
      if (!mismatch || attempt === powerOnAttempts) throw error;
    }
  }
}

/** GET that waits for a VM that is not there yet. */
async function justMade(calls: PrismCalls, path: string) {
  const until = calls.clock.monotonic() + readAfterWriteMs;
  for (;;) {
    try {
      return await calls.get(path);
    } catch (error) {
      const missing = error instanceof PrismError && error.answered === 404;
      if (!missing || calls.clock.monotonic() >= until) throw error;
      await sleep(calls.clock, pollMs / 2, calls.signal);
    }
  }
}

async function addressesOf(calls: PrismCalls, path: string, name: string): Promise<readonly string[]> {
  let power = 'unknown';
  while (calls.leftMs() > 0) {
    const row = member((await justMade(calls, path)).document, 'data');
    const vm = vmOfV4(row, new Map(), new Set());
    power = vm?.power ?? power;
    const nics = vm?.nics ?? [];
    const found = [...nics.flatMap((nic) => nic.assigned), ...nics.flatMap((nic) => nic.learned)];
    const usable = [...new Set(found)].filter((address) => isUsable(address, true));
    if (power === 'ON' && usable.length > 0) return usable;
    await sleep(calls.clock, pollMs, calls.signal);
  }
  const said = plain(power, 30);
  throw new FicusError(
    'prism.no-address',
    `want VM ${name} on and with an address, found it ${said} without`,
    {
      remedy: 'look at its console, and whether its subnet has DHCP or address management',
    },
  );
}

/** Says that there is a VM, whatever went wrong after it was made. */
function leftBehind(error: unknown, name: string, extId: string): unknown {
  if (!(error instanceof FicusError)) return error;
  const there = `VM ${name} (${extId}) was created: delete it before you create it again`;
  const remedy = error.remedy === undefined ? there : `${error.remedy}; ${there}`;
  return new FicusError(error.code, error.message, { remedy, cause: error });
}
