/** One child as the parent sees it: addresses, watch, liveness and the advertisement that is believed. */
import { lookup } from 'node:dns/promises';
import type { ChildStatus } from '@ficus/common/api/admin.ts';
import type { Clock } from '@ficus/common/clock.ts';
import { FicusError } from '@ficus/common/errors.ts';
import type { LogLine } from '@ficus/common/log.ts';
import type { Advertisement } from '@ficus/common/uplink/advertisement.ts';
import { decodeAdvertisement } from '@ficus/common/uplink/decode-advertisement.ts';
import type { TransportModel } from '@ficus/gateway/model/model.ts';
import type { DataPlane } from '@ficus/gateway/runtime/data-plane.ts';
import type { HostPort } from './address.ts';
import { AddressBook } from './address-book.ts';
import { Belief, doubtMs } from './belief.ts';
import { applyGrants } from './grants.ts';
import { withHeld } from './held-uplinks.ts';
import { Liveness } from './liveness.ts';
import { probe } from './probe.ts';
import { ProblemList } from './problem-list.ts';
import { providerStatus } from './provider-status.ts';
import type { PeerFacts, UplinkDestination, UplinkIdentity } from './uplink-dial.ts';
import { Watch } from './watch.ts';

export interface ChildOptions {
  readonly clock: Clock;
  readonly log: LogLine;
  readonly name: string;
  readonly address: HostPort;
  readonly peerUri: string;
  /** Asked at each use, so that a joined-again child's new grants count at once. */
  readonly grants: () => readonly string[];
  readonly identity: () => UplinkIdentity;
  /** How its services dial it, with the identity of this moment. */
  readonly transport: () => TransportModel;
  /** Over the data plane's connections. */
  readonly ask: DataPlane['ask'];
  /** Whether a certificate of this serial was revoked. */
  readonly isRevoked: (serial: string) => boolean;
  /** From the last-good state: believed until the child says something else. */
  readonly remembered?:
    | { readonly advertisement: Advertisement; readonly addresses: readonly string[] }
    | undefined;
  /** What it advertises or where it is changed. */
  readonly onChange: () => void;
  readonly onHealth: (address: string, up: boolean, reason: string) => void;
  /** All addresses of a host name; the system's resolver unless a test gives another. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

/** Starts at construction, stops at `close`. */
export class Child {
  readonly name: string;
  readonly port: number;
  readonly peerUri: string;
  readonly #options: ChildOptions;
  readonly #problems: ProblemList;
  readonly #book: AddressBook;
  readonly #belief: Belief;
  readonly #liveness: Liveness;
  readonly #watch: Watch;
  #connected = false;
  /** Monotonic time of the last sign that the believed advertisement is current. */
  #confirmedAt: number | undefined;
  #last: { readonly epoch: string; readonly revision: number } | undefined;
  #attempts = 0;

  constructor(options: ChildOptions) {
    const { clock, address, remembered } = options;
    const refusal = ({ serial }: PeerFacts) =>
      options.isRevoked(serial)
        ? new FicusError('identity.revoked', `the child's certificate ${serial} was revoked`)
        : undefined;
    this.#options = options;
    this.name = options.name;
    this.port = address.port;
    this.peerUri = options.peerUri;
    this.#problems = new ProblemList(clock);
    this.#belief = new Belief(clock, () => options.onChange(), remembered?.advertisement);
    this.#book = new AddressBook({
      clock,
      host: address.host,
      resolve: options.resolve ?? systemResolve,
      ...(remembered === undefined ? {} : { initial: remembered.addresses }),
      onChange: () => this.#moved(),
      onFailure: (error) => this.#problem('child.address-unresolved', `${address.host}: ${error.message}`),
    });
    this.#liveness = new Liveness({
      clock,
      probe: (host) => probe(this.#destination(host), clock, refusal),
      onVerdict: (host, up, reason) => options.onHealth(host, up, reason),
    });
    this.#liveness.watch(this.#book.addresses);
    this.#watch = new Watch({
      clock,
      ask: options.ask,
      destination: () => ({ host: this.#nextAddress(), port: this.port, transport: options.transport() }),
      refusal,
      onDocument: (document) => this.#document(document),
      onHeartbeat: () => this.#heard(),
      onLost: (error) => this.#lost(error.code, error.message),
    });
  }

  get advertisement(): Advertisement | undefined {
    return this.#belief.believed;
  }
  get addresses(): readonly string[] {
    return this.#book.addresses;
  }
  isUp(address: string): boolean {
    return this.#liveness.isUp(address);
  }

  /** The data plane failed to reach `address`. */
  suspect(address: string): void {
    this.#liveness.suspect(address);
  }

  /** The parent's certificate or the roots changed: what is dialled from now on uses them. */
  redial(): void {
    this.#watch.redial();
    this.#liveness.suspect();
  }

  status(): Pick<ChildStatus, 'state' | 'version' | 'advertisementAgeSeconds' | 'providers' | 'problems'> {
    const { believed } = this.#belief;
    const age =
      this.#confirmedAt === undefined
        ? undefined
        : (this.#options.clock.monotonic() - this.#confirmedAt) / 1000;
    return {
      state: this.#connected ? 'connected' : believed === undefined ? 'never' : 'stale',
      ...(believed === undefined ? {} : { version: believed.version }),
      ...(age === undefined ? {} : { advertisementAgeSeconds: Math.round(age * 10) / 10 }),
      ...(believed?.providers === undefined ? {} : { providers: believed.providers.map(providerStatus) }),
      problems: this.#problems.list(),
    };
  }

  close(): void {
    this.#watch.close();
    this.#liveness.close();
    this.#book.close();
    this.#belief.close();
  }

  #destination(host: string): UplinkDestination {
    return { host, port: this.port, peerUri: this.peerUri, identity: this.#options.identity() };
  }

  /** One address after the other, so that one dead address of several cannot keep the watch away. */
  #nextAddress(): string {
    const { addresses } = this.#book;
    this.#attempts += 1;
    return addresses[(this.#attempts - 1) % addresses.length] as string;
  }

  #document(document: Buffer): void {
    const decoded = decodeAdvertisement(document);
    if (!decoded.accepted) {
      this.#problem(decoded.problem.code, decoded.problem.message);
      return;
    }
    const { advertisement } = decoded;
    if (advertisement.child !== this.name) {
      this.#problem('advertisement.other-child', `want child ${this.name}, found ${advertisement.child}`);
      return;
    }
    if (this.#last?.epoch === advertisement.epoch && advertisement.revision < this.#last.revision) {
      this.#problem(
        'advertisement.older',
        `want a revision from ${this.#last.revision} on, found ${advertisement.revision}`,
      );
      return;
    }
    this.#last = advertisement;
    // What is wrong now is told anew below; what was mended disappears.
    this.#problems.clear('advertisement');
    const uplinks = withHeld(advertisement.uplinks, decoded, this.#belief.believed?.uplinks ?? []);
    const granted = applyGrants(uplinks, this.#options.grants());
    for (const { code, message } of [...decoded.problems, ...granted.problems]) this.#problem(code, message);
    this.#belief.offer({ ...advertisement, uplinks: granted.uplinks });
    if (this.#belief.doubting) {
      this.#problem(
        'advertisement.empties-all',
        `every uplink is gone at once: the last known ones are kept for ${doubtMs / 1000} s`,
      );
    }
    this.#heard();
  }

  #heard(): void {
    this.#confirmedAt = this.#options.clock.monotonic();
    if (this.#connected) return;
    this.#connected = true;
    this.#attempts -= 1;
    this.#problems.clear('watch');
    this.#problems.clear('identity');
    this.#options.log('info', 'child connected', { child: this.name });
    // It is back on its control path: if it was down, it may be up again.
    if (this.#book.addresses.some((address) => !this.#liveness.isUp(address))) this.#liveness.suspect();
  }

  #lost(code: string, message: string): void {
    this.#problem(code, message);
    if (this.#connected) {
      this.#connected = false;
      this.#options.log('warn', 'child lost', { child: this.name, code, reason: message });
    }
    this.#book.refresh();
    this.#liveness.suspect();
  }

  #moved(): void {
    this.#liveness.watch(this.#book.addresses);
    this.#watch.redial();
    this.#options.log('info', 'child moved', { child: this.name, addresses: this.#book.addresses });
    this.#options.onChange();
  }

  #problem(code: string, message: string): void {
    if (this.#problems.add(code, message)) this.#options.log('warn', message, { child: this.name, code });
  }
}

async function systemResolve(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}
