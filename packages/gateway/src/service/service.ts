/** What every service can do for a request: name an endpoint. */
import type { GatewayErrorCode } from '../http/errors.ts';
import type { RequestHead } from '../http/message.ts';
import type { QName } from '../model/model.ts';
import type { Endpoint } from './endpoint.ts';
import type { Mirroring } from './mirroring.ts';
import type { Passing } from './passing.ts';
import type { StatusRange } from './retry-policy.ts';
import type { Leg } from './weighted.ts';

/** Wants to know how what was picked through it has answered. */
export interface Guard {
  /** One attempt has answered, or failed: then `status` is what that is told as. `ms`: to the head of the answer. */
  ended(status: number, ms: number): void;
}

/** Whose answers may be replaced by another service's. */
export interface Rescue {
  readonly fallback: Service;
  readonly statuses: readonly StatusRange[];
  /** Body bytes kept to be sent again. */
  readonly maxBodyBytes: number;
  readonly nonIdempotent: boolean;
}

/** One request's way through the services: what was tried already, and what they note while one of them picks. */
export interface Pick {
  readonly request: RequestHead;
  /** The endpoints that failed this request, undefined while there are none. */
  tried: Endpoint[] | undefined;
  /** The leg the last pick went through, for its counters. */
  leg: Leg | undefined;
  /** Values of Set-Cookie that bring the client back to what was picked. */
  cookies: string[] | undefined;
  guards: Guard[] | undefined;
  /** Whose answers may be replaced, the outermost first. */
  rescues: Rescue[] | undefined;
  /** What is to copy this request, and what has done so. */
  mirroring: Mirroring[] | undefined;
  mirrored: readonly Mirroring[] | undefined;
}

/** An endpoint, or a service that takes the whole request through middlewares of its own first. */
export type Picked = Endpoint | Passing;

export interface Service {
  readonly name: QName;
  /** Some endpoint takes requests. */
  readonly available: boolean;
  /** An endpoint, preferring those not tried; undefined when there is none to be had. */
  pick(pick: Pick): Picked | undefined;
  /**
   * Asked by a service above, once it has chosen this one and before `pick`. False: not this time, for all there is
   * comes back from an ejection; another is better if there is one. Absent: always.
   */
  admits?(): boolean;
  /** Why nothing can be picked, for the refusal. */
  readonly refusal: GatewayErrorCode;
  /** Runs `listener` when `available` changes. */
  onAvailability(listener: () => void): void;
}

/** Stands in for a service that could not be built. */
export class BrokenService implements Service {
  readonly name: QName;
  readonly available = false;
  readonly refusal = 'service.unavailable';

  constructor(name: QName) {
    this.name = name;
  }

  pick(): undefined {
    return undefined;
  }

  onAvailability(): void {
    // Never becomes available: a new generation replaces it.
  }
}
