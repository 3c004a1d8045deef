/** What the gateway is told of VMs: services, and a router and an uplink for each that has an endpoint. Pure. */
import { isIP } from 'node:net';
import { quoted } from '@ficus/common/plain-text.ts';
import type { DynamicConfig } from '@ficus/gateway/config/dynamic.ts';
import type { Base } from './base-file.ts';
import type { Conditions } from './conditions.ts';
import type { Fenced, Machine } from './machine.ts';

/** Services of one Prism Central: an advertisement with more than 1,000 uplinks, others included, is refused whole. */
const mostServices = 800;

type Http = NonNullable<DynamicConfig['http']>;
type Of<K extends keyof Http> = NonNullable<Http[K]>[string];
type Server = NonNullable<NonNullable<Of<'services'>['loadBalancer']>['servers']>[number];

export interface ServicesInput {
  readonly machines: readonly Machine[];
  readonly fenced: readonly Fenced[];
  readonly base: Base;
  /** Of services for which nothing else says one. */
  readonly port: number | undefined;
}

/** One service as it is configured. */
interface Built {
  readonly service: Of<'services'>;
  readonly router?: Of<'routers'>;
  readonly uplink?: Of<'uplinks'>;
}

/** Builds the configuration, and of what has not changed gives the same objects again. */
export class Services {
  #built: ReadonlyMap<string, { readonly text: string; readonly built: Built }> = new Map();
  #config: DynamicConfig | undefined;

  /** How many services have an endpoint. */
  get served(): number {
    return [...this.#built.values()].filter(({ built }) => built.uplink !== undefined).length;
  }

  /** The configuration, the same object as before when nothing in it has changed. */
  build(input: ServicesInput, conditions: Conditions): DynamicConfig {
    const members = byService(input.machines);
    const names = [...new Set([...members.keys(), ...Object.keys(input.base.services)])].sort();
    if (names.length > mostServices) {
      const message = `${names.length} category values have VMs: the first ${mostServices} are served`;
      conditions.add('prism.too-many', 'services', message);
    }
    for (const name of Object.keys({ ...input.base.services, ...input.base.uplinks })) {
      if (members.has(name)) continue;
      const message = `the base file names service ${quoted(name)}, and no VM that is on carries this value: is it spelt alike?`;
      conditions.add('prism.no-vm', name, message);
    }
    const next = new Map<string, { text: string; built: Built }>();
    for (const name of names.slice(0, mostServices)) {
      const built = buildOne(name, members.get(name) ?? [], input, conditions);
      const text = JSON.stringify(built);
      const before = this.#built.get(name);
      if (before?.text === text) next.set(name, before);
      else next.set(name, { text, built: { ...built, ...unchanged(before?.built, built) } });
    }
    const same =
      next.size === this.#built.size && [...next].every(([name, each]) => this.#built.get(name) === each);
    this.#built = next;
    if (!same || this.#config === undefined) this.#config = assembled(next);
    sharedAddresses(input.machines, conditions);
    return this.#config;
  }
}

/** Those parts of `before` that are the same in `now`. */
function unchanged(before: Built | undefined, now: Built): Partial<Built> {
  const same = <K extends keyof Built>(key: K): Partial<Built> =>
    before?.[key] !== undefined && JSON.stringify(before[key]) === JSON.stringify(now[key])
      ? { [key]: before[key] }
      : {};
  return { ...same('service'), ...same('router'), ...same('uplink') };
}

function assembled(all: ReadonlyMap<string, { readonly built: Built }>): DynamicConfig {
  const group = <K extends keyof Built>(key: K) => {
    const entries = [...all].map(([name, { built }]) => [name, built[key]] as const);
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  };
  return {
    http: {
      routers: group('router') as Record<string, Of<'routers'>>,
      services: group('service') as Record<string, Of<'services'>>,
      uplinks: group('uplink') as Record<string, Of<'uplinks'>>,
    },
  };
}

function byService(machines: readonly Machine[]): Map<string, Machine[]> {
  const members = new Map<string, Machine[]>();
  for (const machine of machines) {
    for (const service of machine.services) {
      const list = members.get(service);
      if (list === undefined) members.set(service, [machine]);
      else list.push(machine);
    }
  }
  return members;
}

function buildOne(
  name: string,
  members: readonly Machine[],
  { fenced, base, port: fallback }: ServicesInput,
  conditions: Conditions,
): Built {
  const { loadBalancer, middlewares } = own(base.services, name) ?? {};
  const { server, ...balancer } = loadBalancer ?? {};
  const { scheme = 'http' } = server ?? {};
  const port =
    claimedPort(name, members, conditions) ?? server?.port ?? fallback ?? (scheme === 'https' ? 443 : 80);
  const serverOf = ({ address = '', weight = server?.weight }: Machine, isFenced: boolean): Server => ({
    url: `${scheme}://${isIP(address) === 6 ? `[${address}]` : address}:${port}`,
    ...(weight === undefined ? {} : { weight }),
    ...(isFenced ? { fenced: true } : {}),
  });
  const servers = new Map<string, Server>();
  for (const machine of members) {
    if (machine.address === undefined) continue;
    const each = serverOf(machine, false);
    if (!servers.has(each.url)) servers.set(each.url, each);
  }
  // Only a cookie leads to a fenced endpoint: without cookies it could as well be gone.
  if (balancer.sticky !== undefined) {
    for (const { service, machine } of fenced) {
      const each = serverOf(machine, true);
      if (service === name && !servers.has(each.url)) servers.set(each.url, each);
    }
  }
  const sorted = [...servers.values()].sort((a, b) => (a.url < b.url ? -1 : 1));
  const service = {
    loadBalancer: { ...balancer, servers: sorted },
    ...(middlewares === undefined ? {} : { middlewares }),
  };
  if (sorted.length === 0) return { service };
  const { healthCheck } = balancer;
  // What is asked of an endpoint at another port is not to be asked through the uplink.
  const throughUplink = healthCheck?.port === undefined && healthCheck?.scheme === undefined;
  return {
    service,
    router: { rule: 'PathPrefix(`/`)', service: name, uplinks: [name] },
    uplink: {
      exposeName: name,
      ...(healthCheck !== undefined && throughUplink ? { healthCheck } : {}),
      ...own(base.uplinks, name),
    },
  };
}

/** A service may be called `constructor`. */
function own<T>(values: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

/** The port most of the VMs say, of equals the smallest; none when none says one. */
function claimedPort(name: string, members: readonly Machine[], conditions: Conditions): number | undefined {
  const votes = new Map<number, number>();
  for (const { port } of members) if (port !== undefined) votes.set(port, (votes.get(port) ?? 0) + 1);
  const ports = [...votes].sort(([a, many], [b, more]) => more - many || a - b);
  const [winner] = ports[0] ?? [];
  if (ports.length > 1) {
    const said = ports.slice(0, 5).map(([port, times]) => `${port} (${times} of ${members.length} VMs)`);
    const message = `VMs of ${quoted(name)} say different ports: ${said.join(', ')}; ${winner} counts for all`;
    conditions.add('prism.ports-differ', name, message);
  }
  return winner;
}

/** Two VMs with one address: one of them gets the other's requests. */
function sharedAddresses(machines: readonly Machine[], conditions: Conditions): void {
  const owners = new Map<string, Machine>();
  for (const machine of machines) {
    if (machine.address === undefined) continue;
    const owner = owners.get(machine.address);
    if (owner === undefined) owners.set(machine.address, machine);
    else {
      const message = `${quoted(owner.name)} and ${quoted(machine.name)} have the same address: one of them gets the requests of both; with VPCs that overlap, name allowedVpcs or allowedSubnets`;
      conditions.add('prism.same-address', machine.address, message);
    }
  }
}
