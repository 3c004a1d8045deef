/** The children of a running parent: who is watched, what they offer together, and what follows from a change. */
import type { ChildStatus } from '@ficus/common/api/admin.ts';
import type { Clock } from '@ficus/common/clock.ts';
import type { LogLine } from '@ficus/common/log.ts';
import type { DataPlane } from '@ficus/gateway/runtime/data-plane.ts';
import { childId } from '@ficus/pki/identity.ts';
import { type AggregatedUplink, aggregate, type ChildTransport, compare } from '../aggregation/aggregate.ts';
import { transportTo } from '../aggregation/mesh-model.ts';
import { type HostPort, parseChildAddress } from '../children/address.ts';
import { Child } from '../children/child.ts';
import type { UplinkIdentity } from '../children/uplink-dial.ts';
import type { RememberedChild } from '../state/last-good.ts';
import type { ChildRecord } from '../store/store.ts';
import type { Decisions } from './decisions.ts';

export interface MeshOptions {
  readonly clock: Clock;
  readonly log: LogLine;
  readonly trustDomain: string;
  readonly decisions: Pick<Decisions, 'children' | 'child' | 'legs' | 'denied'>;
  readonly identity: () => UplinkIdentity;
  /** Of the data plane, whose connections carry the watches. */
  readonly ask: DataPlane['ask'];
  /** Children with a fixed address; it overrides the one they registered. */
  readonly configured: readonly ({ readonly name: string; readonly transport?: ChildTransport } & HostPort)[];
  readonly remembered: ReadonlyMap<string, RememberedChild>;
  /** What is advertised, or where children are, changed: the model has to be built anew. */
  readonly onChange: () => void;
  readonly onHealth: (host: string, port: number, up: boolean, reason: string) => void;
  /** A child's address is watched no more. */
  readonly onForgotten: (host: string, port: number) => void;
}

/** Starts nothing until `start`. */
export class Mesh {
  readonly #options: MeshOptions;
  readonly #children = new Map<string, { readonly child: Child; readonly at: string }>();

  constructor(options: MeshOptions) {
    this.#options = options;
  }

  /** Watches every child that joined and wasn't revoked, and every configured one. */
  start(): void {
    const { decisions, configured } = this.#options;
    const names = new Set([
      ...decisions.children().map(({ name }) => name),
      ...configured.map(({ name }) => name),
    ]);
    for (const name of names) this.follow(name);
  }

  /** Begins to watch `name`, or follows it to a changed address; a revoked child is left. */
  follow(name: string): void {
    const { decisions, log } = this.#options;
    const record = decisions.child(name);
    if (record?.revokedAt !== undefined || decisions.denied().children.has(name)) {
      this.drop(name);
      return;
    }
    try {
      const address = this.#addressOf(name, record);
      if (address === undefined) return;
      const at = JSON.stringify([address.host, address.port]);
      const known = this.#children.get(name);
      if (known?.at === at) known.child.redial();
      else this.#watch(name, address, at);
    } catch (error) {
      log('error', 'child cannot be watched', { child: name, error });
    }
  }

  /** Watches `name` no more and takes its legs away. */
  drop(name: string): void {
    const known = this.#children.get(name);
    if (known === undefined) return;
    this.#children.delete(name);
    this.#close(known.child);
    this.#options.onChange();
  }

  /** The parent shows another certificate from now on. */
  redial(): void {
    for (const { child } of this.#children.values()) child.redial();
  }

  /** The data plane failed to reach this address. */
  suspect(host: string, port: number): void {
    for (const { child } of this.#children.values()) {
      if (child.port === port && child.addresses.includes(host)) child.suspect(host);
    }
  }

  /** What all children offer, with the operator's decisions as they are now. */
  aggregated(): readonly AggregatedUplink[] {
    const views = [...this.#children.values()].flatMap(({ child }) => {
      const { name, peerUri, addresses, port, advertisement } = child;
      const transport = this.#transportOf(name);
      return advertisement === undefined
        ? []
        : [{ name, peerUri, addresses, port, advertisement, transport }];
    });
    return aggregate(views, (uplink) => this.#options.decisions.legs(uplink));
  }

  /** What to remember across a restart. */
  toRemember(): readonly RememberedChild[] {
    return [...this.#children.values()].flatMap(({ child: { advertisement, addresses } }) =>
      advertisement === undefined ? [] : [{ advertisement, addresses }],
    );
  }

  /** Every child that is or was known, revoked ones too, by name. */
  status(): readonly ChildStatus[] {
    const records = new Map(this.#options.decisions.children().map((record) => [record.name, record]));
    const names = new Set([...records.keys(), ...this.#children.keys()]);
    return [...names].sort(compare).map((name) => this.#statusOf(name, records.get(name)));
  }

  /** Stops watching; what was known stays, to be remembered. */
  close(): void {
    for (const { child } of this.#children.values()) child.close();
  }

  #addressOf(name: string, record: ChildRecord | undefined): HostPort | undefined {
    const configured = this.#options.configured.find((child) => child.name === name);
    if (configured !== undefined) return { host: configured.host, port: configured.port };
    return record === undefined ? undefined : parseChildAddress(record.address);
  }

  #transportOf(name: string): ChildTransport | undefined {
    return this.#options.configured.find((each) => each.name === name)?.transport;
  }

  #watch(name: string, address: HostPort, at: string): void {
    const { clock, log, trustDomain, decisions, identity, ask, remembered, onChange, onHealth } =
      this.#options;
    const peerUri = childId(trustDomain, name);
    const before = this.#children.get(name)?.child;
    const advertisement = before?.advertisement;
    if (before !== undefined) this.#close(before);
    const child = new Child({
      clock,
      log,
      name,
      address,
      peerUri,
      // A configured child that never joined here has its certificate from the operator's own authority.
      grants: () => decisions.child(name)?.workloads ?? ['*'],
      identity,
      transport: () => transportTo({ name, peerUri, transport: this.#transportOf(name) }, identity()),
      ask,
      isRevoked: (serial) => decisions.denied().serials.has(serial),
      // What it offered stays known while it moves; its old addresses don't.
      remembered: advertisement === undefined ? remembered.get(name) : { advertisement, addresses: [] },
      onChange,
      onHealth: (host, up, reason) => onHealth(host, address.port, up, reason),
    });
    this.#children.set(name, { child, at });
    if (child.advertisement !== undefined) onChange();
  }

  #close(child: Child): void {
    child.close();
    for (const host of child.addresses) this.#options.onForgotten(host, child.port);
  }

  #statusOf(name: string, record: ChildRecord | undefined): ChildStatus {
    const child = this.#children.get(name)?.child;
    const configured = this.#options.configured.find((each) => each.name === name);
    const address =
      configured === undefined ? (record?.address ?? '') : `${bracketed(configured.host)}:${configured.port}`;
    return {
      name,
      address,
      workloads: record?.workloads ?? ['*'],
      ...(record === undefined ? {} : { certificate: { serial: record.serial, notAfter: record.notAfter } }),
      ...(child?.status() ?? { state: record?.revokedAt === undefined ? 'never' : 'revoked', problems: [] }),
    };
  }
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
