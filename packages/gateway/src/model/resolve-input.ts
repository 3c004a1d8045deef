/** What `resolve` takes and gives. */
import type { At } from '@ficus/common/config/decode.ts';
import type { ConfigProblem } from '@ficus/common/config/problem.ts';
import type { AdvertisedUplink } from '@ficus/common/uplink/advertisement.ts';
import type { DynamicConfig } from '../config/dynamic.ts';
import type { EntryPointConfig, UplinkEntryPointConfig } from '../config/entry-points.ts';
import type { Model, QName, ServiceModel, TransportModel, UplinkEntryPointModel } from './model.ts';

/** The dynamic configuration of one provider. Each provider once. */
export interface DynamicSource {
  /** `file`, `child`, `workloads` … */
  readonly provider: string;
  readonly config: DynamicConfig;
  /** Where each value was written, for problems. */
  readonly at?: At;
  /** Contents of the files it names, as `loadFiles` read them. */
  readonly files?: ReadonlyMap<string, string>;
  /** Files of middlewares that could not be read, and why. */
  readonly unread?: ReadonlyMap<string, string>;
  /** Of a provider whose services come and go: a missing one is awaited, not a mistake, and said so (`no child advertises`). */
  readonly awaited?: string;
}

/** Services that another provider made itself. Indexes in them count within the fragment. */
export interface ModelFragment {
  /** `multicluster`: a missing service of it is awaited, not a mistake. */
  readonly provider: string;
  readonly services: readonly ServiceModel[];
  readonly transports: readonly TransportModel[];
  /** Another name of a service of the fragment: Traefik's `orders-vm-1` for `orders/vm-1`. */
  readonly lookup?: (name: string) => string | undefined;
}

/** What an uplink entrypoint needs beside its configuration. */
export type UplinkIdentityModel = Omit<UplinkEntryPointModel, 'tables'>;

export interface ResolveInput {
  readonly dynamic: readonly DynamicSource[];
  readonly entryPoints: Readonly<Record<string, EntryPointConfig>>;
  /** Children only. */
  readonly uplinkEntryPoints?: Readonly<Record<string, UplinkEntryPointConfig>>;
  /** Without it uplink entrypoints are left out: there is no listener without an identity. */
  readonly uplinkIdentity?: UplinkIdentityModel;
  readonly extra?: readonly ModelFragment[];
}

export type DisabledKind =
  | 'entryPoint'
  | 'router'
  | 'service'
  | 'middleware'
  | 'serversTransport'
  | 'uplink'
  | 'certificate'
  | 'tlsOptions';

/** An object that does not serve, and why. The others do. */
export interface Disabled {
  readonly kind: DisabledKind;
  /** `name@provider`. */
  readonly name: string;
  readonly reason: string;
  /** True: not a mistake; it waits for a child that is not there yet. */
  readonly pending: boolean;
  /** Where it was written. */
  readonly problem?: ConfigProblem;
}

/** What this node advertises under one exposed name. */
export interface ResolvedUplink extends Omit<AdvertisedUplink, 'endpoints'> {
  /** Uplink entrypoints it is reachable on. */
  readonly entryPoints: readonly string[];
  /** Indexes into `Model.routers`. */
  readonly routers: readonly number[];
  /** Load balancers that its routers lead to, each once: their endpoints are what it has. */
  readonly services: readonly QName[];
}

export interface Resolved {
  readonly model: Model;
  readonly disabled: readonly Disabled[];
  readonly uplinks: readonly ResolvedUplink[];
  /** The problems of `disabled` that are mistakes, in the order of the files. A reload with any keeps what runs. */
  readonly problems: readonly ConfigProblem[];
}
