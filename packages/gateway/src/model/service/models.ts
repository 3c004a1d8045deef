/** Every kind of service as the data plane is told of it; `loadBalancer` is in `model.ts`. Indexes are into `Model.services`. */
import type { StatusRange } from '../../service/retry-policy.ts';
import type { CircuitBreakerModel, CircuitBreakerSettings } from '../middleware/circuit-breaker.ts';
import type { LoadBalancerModel, QName } from '../model.ts';

export type ServiceModel =
  | LoadBalancerModel
  | WeightedModel
  | HighestRandomWeightModel
  | MirroringModel
  | FailoverModel
  | PassingModel
  | BrokenModel;

/** What two requests have in common that are treated alike; names of header fields are lower-case. */
export type HashKey =
  | { readonly from: 'clientIP' }
  | { readonly from: 'header' | 'cookie' | 'query'; readonly name: string };

export interface StickyModel {
  /** The cookie's name, the default one made already. */
  readonly cookie: string;
  /** What follows `name=value`: `; Path=/; HttpOnly` … */
  readonly attributes: string;
}

export interface WeightedModel {
  readonly kind: 'weighted';
  readonly name: QName;
  readonly legs: readonly LegModel[];
  readonly sticky?: StickyModel;
  /** One for each leg: a leg whose breaker is open counts as down. */
  readonly circuitBreaker?: CircuitBreakerSettings;
}

export interface LegModel {
  /** Unique within the service: the child's name for an aggregated service, else the service's own name. */
  readonly key: string;
  readonly service: number;
  readonly weight: number;
  /** `draining`: no new sessions, but those whose cookie leads here stay until `sessionsUntil`. */
  readonly mode: 'active' | 'standby' | 'draining' | 'off';
  /** Wall-clock milliseconds; absent: while the leg drains. */
  readonly sessionsUntil?: number;
}

export interface HighestRandomWeightModel {
  readonly kind: 'highestRandomWeight';
  readonly name: QName;
  readonly hashOn: HashKey;
  readonly legs: readonly { readonly key: string; readonly service: number; readonly weight: number }[];
}

export interface MirroringModel {
  readonly kind: 'mirroring';
  readonly name: QName;
  readonly service: number;
  readonly mirrors: readonly MirrorModel[];
  readonly mirrorBody: boolean;
  /** Requests with larger bodies are not copied. Absent: no limit but for what waits for a mirror. */
  readonly maxBodyBytes?: number;
  readonly timeoutMs: number;
  readonly maxInFlight: number;
}

export interface MirrorModel {
  /** Unique within the service. */
  readonly key: string;
  readonly service: number;
  readonly percent: number;
  readonly hashOn?: HashKey;
  /** Upper-case; absent for all. */
  readonly methods?: readonly string[];
}

export interface FailoverModel {
  readonly kind: 'failover';
  readonly name: QName;
  readonly service: number;
  readonly fallback: number;
  readonly errors?: {
    readonly statuses: readonly StatusRange[];
    readonly maxBodyBytes: number;
    readonly replayNonIdempotent: boolean;
  };
}

/** A service behind middlewares of its own. */
export interface PassingModel {
  readonly kind: 'passing';
  readonly name: QName;
  /** Of the same name, without them. */
  readonly service: number;
  /** Indexes into `Model.middlewares`. */
  readonly middlewares: readonly number[];
  /** Those of them that are circuit breakers: while one is open, the service counts as down. */
  readonly circuitBreakers: readonly CircuitBreakerModel[];
}

/** Stands in for a service that could not be built: answers 503 with this code. */
export interface BrokenModel {
  readonly kind: 'broken';
  readonly name: QName;
  readonly code: string;
  readonly detail: string;
}
