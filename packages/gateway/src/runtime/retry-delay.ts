/** How long the next attempt waits. */
import type { RetryPolicy } from '../service/retry-policy.ts';

/**
 * Milliseconds before the attempt after `attempts` ones: growing from the policy's first interval to twice that at the last
 * attempt, as Traefik does.
 */
export function retryDelay(policy: RetryPolicy, attempts: number): number {
  const first = policy.initialIntervalMs;
  if (first === 0) return 0;
  const steps = Math.max(1, policy.attempts - 1);
  return Math.min(2 * first, first * 2 ** ((attempts - 1) / steps));
}
