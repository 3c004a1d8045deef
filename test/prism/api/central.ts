/** What every operation of the simulated Prism Central works with. */
import type { IncomingHttpHeaders } from 'node:http';
import type { PrismFaults } from '../faults.ts';
import type { Account } from '../http/accounts.ts';
import type { Inventory } from '../state/store.ts';
import type { Tasks } from '../state/tasks.ts';
import type { Namespace, Profile } from '../wire/profile.ts';

export interface Central {
  readonly profile: Profile;
  readonly inventory: Inventory;
  readonly tasks: Tasks;
  readonly faults: PrismFaults;
  /** Request ids of writes to the tasks they began. */
  readonly replays: Map<string, string>;
}

/** One request, after its path is understood. */
export interface Call {
  readonly method: string;
  /** As sent, without the query. */
  readonly path: string;
  /** With `?`, or empty. */
  readonly search: string;
  /** `https://host:port` as the client calls it. */
  readonly origin: string;
  readonly headers: IncomingHttpHeaders;
  /** Decoded JSON; undefined without a body. */
  readonly body: unknown;
  /** What the braces in the route's pattern stand for. */
  readonly names: Readonly<Record<string, string>>;
  /** Minor version in the path. */
  readonly minor: number;
  readonly account: Account;
}

export interface Reply {
  readonly status: number;
  /** Text is JSON already. */
  readonly body?: string | object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Route {
  readonly method: string;
  readonly namespace: Namespace;
  /** After the version: `/ahv/config/vms/{extId}`. */
  readonly pattern: string;
  /** `$objectType` of its answer, errors included. */
  readonly answer: string;
  readonly handle: (call: Call) => Reply;
}
