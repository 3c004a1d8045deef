/** Settings of circuit breakers for tests. */
import type { CircuitBreakerSettings } from '../../model/middleware/circuit-breaker.ts';

/** Traefik's defaults; opens when half of the requests are network errors. */
export function breakerSettings(more: Partial<CircuitBreakerSettings> = {}): CircuitBreakerSettings {
  return {
    expression: 'NetworkErrorRatio() > 0.5',
    checkPeriodMs: 100,
    fallbackMs: 10_000,
    recoveryMs: 10_000,
    responseCode: 503,
    minRequests: 1,
    ...more,
  };
}
