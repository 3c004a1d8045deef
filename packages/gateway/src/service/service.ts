/** What every service can do for a request: name an endpoint. */
import type { GatewayErrorCode } from '../http/errors.ts';
import type { QName } from '../model/model.ts';
import type { Endpoint } from './endpoint.ts';
import type { Leg } from './weighted.ts';

/** One request's way through the services: what was picked and what was already tried. */
export interface Pick {
  /** The endpoints that failed this request, undefined while there are none. */
  tried: Endpoint[] | undefined;
  /** The leg the last pick went through, for its counters. */
  leg: Leg | undefined;
}

export interface Service {
  readonly name: QName;
  /** Some endpoint takes requests. */
  readonly available: boolean;
  /** An endpoint, preferring those not tried; undefined when there is none to be had. */
  pick(pick: Pick): Endpoint | undefined;
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
