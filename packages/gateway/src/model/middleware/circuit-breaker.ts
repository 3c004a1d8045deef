/** `circuitBreaker` as the data plane is told of it. */
import type { QName } from '../model.ts';

/** When a breaker opens and for how long, wherever it stands. */
export interface CircuitBreakerSettings {
  /** As written; it has been checked. */
  readonly expression: string;
  readonly checkPeriodMs: number;
  readonly fallbackMs: number;
  readonly recoveryMs: number;
  readonly responseCode: number;
  /** Requests in the last ten seconds before it may open, at least 1. */
  readonly minRequests: number;
}

export interface CircuitBreakerModel extends CircuitBreakerSettings {
  readonly kind: 'circuitBreaker';
  readonly name: QName;
  /** Index into `Model.services` of what answers while it is open. */
  readonly fallbackService?: number;
}
