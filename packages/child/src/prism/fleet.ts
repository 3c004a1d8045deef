/** The VMs that stand behind services, from answer to answer: what one answer alone does not prove is not believed. */
import { isExposedName } from '@ficus/common/names.ts';
import { quoted } from '@ficus/common/plain-text.ts';
import { type AddressRules, chooseAddress } from './addresses.ts';
import type { Vm } from './api/vm.ts';
import type { Conditions } from './conditions.ts';
import { type Fenced, type Machine, numberOf } from './machine.ts';

/** Answers in a row that must lack a VM before it goes; many when they lack them all. */
const believed = { one: 2, all: 5 } as const;
/** How long a VM keeps its last address while Prism Central tells none, milliseconds. */
const addressKeptMs = 600_000;
/** Services of one VM; more than that is a mistake. */
const mostServices = 50;

/** One look at Prism Central. */
export interface Look {
  /** Every VM with one of our services, and those that had one in the last look. */
  readonly vms: readonly Vm[];
  /** How many values the service category has: none at all is not believed at once. */
  readonly values: number;
  /** Fewer VMs came than there are. */
  readonly short: boolean;
}

export interface FleetRules extends AddressRules {
  /** Milliseconds. */
  readonly drainTimeout: number;
}

interface Member {
  readonly machine: Machine;
  /** Since when Prism Central tells no address of it, monotonic milliseconds; absent while it does. */
  readonly bareSince?: number;
  /** Looks in a row that did not confirm it. */
  readonly unconfirmed: number;
}

export class Fleet {
  #members: ReadonlyMap<string, Member> = new Map();
  #fenced: readonly Fenced[] = [];

  /** Takes up what was kept over a restart. */
  restore(machines: readonly Machine[]): void {
    this.#members = new Map(machines.map((machine) => [machine.id, { machine, unconfirmed: 0 }] as const));
  }

  has(id: string): boolean {
    return this.#members.has(id);
  }

  /** Sorted by id. */
  machines(): readonly Machine[] {
    return [...this.#members.values()].map(({ machine }) => machine).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Those whose time is not over. */
  fenced(now: number): readonly Fenced[] {
    this.#fenced = this.#fenced.filter(({ until }) => until > now);
    return this.#fenced;
  }

  /** Takes a look in; `now` is monotonic. */
  take(look: Look, rules: FleetRules, now: number, conditions: Conditions): void {
    const before = this.#members;
    const next = new Map<string, Member>();
    for (const vm of look.vms) {
      const was = before.get(vm.id);
      const member = this.#confirmed(vm, was, look, rules, now, conditions);
      if (member !== undefined) next.set(vm.id, sameOr(was, member));
    }
    const present = new Set(look.vms.map(({ id }) => id));
    const absent = [...before.values()].filter(({ machine }) => !present.has(machine.id));
    const all = before.size > 1 && absent.length === before.size;
    const held = absent.map((each) => unconfirmed(each, all || look.short ? believed.all : believed.one));
    for (const each of held) if (each !== undefined) next.set(each.machine.id, each);
    const waiting = held.filter((each) => each !== undefined).length;
    if (waiting > 0) {
      const them = waiting === 1 ? 'one VM that it showed' : `${waiting} VMs that it showed`;
      conditions.add('prism.missing', 'VMs', `the last answer lacks ${them}: kept until more answers say so`);
    }
    this.#members = next;
    this.#fence(before, next, look, now, rules.drainTimeout);
  }

  #confirmed(
    vm: Vm,
    was: Member | undefined,
    look: Look,
    rules: FleetRules,
    now: number,
    conditions: Conditions,
  ): Member | undefined {
    const unclear = vm.power !== 'ON' && vm.power !== 'OFF' && vm.power !== 'PAUSED';
    if (vm.power !== 'ON' && !unclear) return undefined;
    // A category that nobody lists any more may be deleted, or hidden from us by mistake.
    const unlisted = vm.lost.length > 0 || (look.values === 0 && vm.services.length === 0);
    if (unclear || unlisted) {
      const who = vm.name === '' ? vm.id : vm.name;
      if (vm.lost.length > 0) {
        const message = `${quoted(who)} carries it, and Prism Central lists no category with this extId: deleted, or hidden from this key`;
        conditions.add('prism.unknown-category', vm.lost[0] as string, message);
      }
      const held = was && unconfirmed(was, look.values === 0 ? believed.all : believed.one);
      if (held !== undefined || unclear) return held;
    }
    const services = validServices(vm, conditions);
    if (services.length === 0) return undefined;
    return member({ ...vm, services }, was, rules, now, conditions);
  }

  /** What a VM that is on has lost since the last look. */
  #fence(
    before: ReadonlyMap<string, Member>,
    next: ReadonlyMap<string, Member>,
    look: Look,
    now: number,
    drainTimeout: number,
  ): void {
    const on = new Set(look.vms.filter(({ power }) => power === 'ON').map(({ id }) => id));
    const added: Fenced[] = [];
    for (const { machine } of before.values()) {
      if (!on.has(machine.id) || machine.address === undefined) continue;
      const still = next.get(machine.id)?.machine.services ?? [];
      for (const service of machine.services) {
        if (!still.includes(service)) added.push({ service, machine, until: now + drainTimeout });
      }
    }
    const back = ({ service, machine }: Fenced) =>
      next.get(machine.id)?.machine.services.includes(service) === true || !on.has(machine.id);
    this.#fenced = [...this.fenced(now).filter((each) => !back(each)), ...added];
  }
}

/** What has not changed stays the same object: others need not look at it again. */
function sameOr(was: Member | undefined, now: Member): Member {
  if (was === undefined || JSON.stringify(was.machine) !== JSON.stringify(now.machine)) return now;
  if (was.bareSince === now.bareSince && was.unconfirmed === now.unconfirmed) return was;
  return { ...now, machine: was.machine };
}

/** The same, less sure; undefined when it is to go. */
function unconfirmed(member: Member, most: number): Member | undefined {
  const times = member.unconfirmed + 1;
  return times >= most ? undefined : { ...member, unconfirmed: times };
}

function validServices(vm: Vm, conditions: Conditions): readonly string[] {
  const valid = vm.services.filter(isExposedName);
  for (const value of vm.services) {
    if (isExposedName(value)) continue;
    const message = `want a category value of lower-case letters, digits, "-" and "." (a letter or digit first and last), got ${quoted(value)}; VM ${quoted(vm.name)} stands behind nothing by it`;
    conditions.add('prism.bad-name', value, message);
  }
  if (valid.length > mostServices) {
    const message = `${quoted(vm.name)} carries ${valid.length} services, the first ${mostServices} count`;
    conditions.add('prism.too-many', vm.name, message);
  }
  return valid.slice(0, mostServices);
}

function member(
  vm: Vm,
  was: Member | undefined,
  rules: FleetRules,
  now: number,
  conditions: Conditions,
): Member {
  const { id, name, services } = vm;
  const who = name === '' ? id : name;
  const choice = chooseAddress(vm.nics, rules, was?.machine.address);
  const bareSince = choice.address === undefined ? (was?.bareSince ?? now) : undefined;
  const kept = now - (bareSince ?? now) < addressKeptMs ? was?.machine.address : undefined;
  if (choice.outside) {
    const message = `${quoted(who)} has addresses only on subnets that allowedVpcs and allowedSubnets leave out: it takes no requests`;
    conditions.add('prism.outside', who, message);
  } else if (choice.address === undefined) {
    const until = kept === undefined ? 'it takes no requests until it has one' : `it keeps ${kept} for now`;
    const message = `${quoted(who)} is on and Prism Central knows no address of it: ${until}; is its NIC connected, is the network's DHCP or IPAM at work?`;
    conditions.add('prism.no-address', who, message);
  }
  const address = choice.address ?? (choice.outside ? undefined : kept);
  const port = ofCategory(vm.ports, 1, 65_535, 'port', who, conditions);
  const weight = ofCategory(vm.weights, 0, 1000, 'weight', who, conditions);
  return {
    machine: {
      ...{ id, name, services },
      ...(address === undefined ? {} : { address }),
      ...(port === undefined ? {} : { port }),
      ...(weight === undefined ? {} : { weight }),
    },
    ...(bareSince === undefined ? {} : { bareSince }),
    unconfirmed: 0,
  };
}

/** The one number a VM's category says; of several the smallest. */
function ofCategory(
  values: readonly string[],
  least: number,
  most: number,
  what: 'port' | 'weight',
  who: string,
  conditions: Conditions,
): number | undefined {
  const numbers: number[] = [];
  for (const value of values) {
    const number = numberOf(value, least, most);
    if (number !== undefined) numbers.push(number);
    else {
      const message = `want a ${what} from ${least} to ${most} as category value, got ${quoted(value)}; it counts for nothing`;
      conditions.add(`prism.bad-${what}`, who, message);
    }
  }
  numbers.sort((a, b) => a - b);
  if (numbers.length > 1) {
    const message = `${quoted(who)} carries the ${what}s ${numbers.slice(0, 5).join(', ')}: ${numbers[0]} counts`;
    conditions.add(`prism.several-${what}s`, who, message);
  }
  return numbers[0];
}
