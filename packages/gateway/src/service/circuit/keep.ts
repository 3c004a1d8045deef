/** Circuit breakers that live on through reloads. */
import type { Clock } from '@ficus/common/clock.ts';
import type { CircuitBreakerModel, CircuitBreakerSettings } from '../../model/middleware/circuit-breaker.ts';
import type { Service } from '../service.ts';
import { CircuitBreaker } from './breaker.ts';
import { Guarded, Watched } from './guarded.ts';

/** What keeps state through reloads. */
export interface Keeper {
  readonly clock: Clock;
  kept<T>(key: string, make: () => T): T;
}

/**
 * The breaker of `owner` (as in `MiddlewareContext`, or `["leg", service, provider, key]`) with these settings: the
 * running one, with its state, where they are unchanged. A service and its middleware share one.
 */
export function keptBreaker(
  keeper: Keeper,
  owner: string,
  settings: CircuitBreakerSettings | CircuitBreakerModel,
): CircuitBreaker {
  const name = 'name' in settings ? settings.name : undefined;
  const { expression, checkPeriodMs, fallbackMs, recoveryMs, minRequests } = settings;
  const means = [expression, checkPeriodMs, fallbackMs, recoveryMs, minRequests];
  return keeper.kept(
    JSON.stringify(['circuitBreaker', owner, name ?? null, ...means]),
    () => new CircuitBreaker(shown(owner, name), settings, keeper.clock),
  );
}

/**
 * `service` behind breakers with these settings, itself where there are none. Breakers of middlewares (they have names)
 * are asked and told by those; any others by what is returned.
 */
export function behindBreakers(
  keeper: Keeper,
  service: Service,
  owner: string,
  settings: readonly (CircuitBreakerSettings | CircuitBreakerModel)[],
): Service {
  if (settings.length === 0) return service;
  const breakers = settings.map((each) => keptBreaker(keeper, owner, each));
  return settings.some((each) => 'name' in each)
    ? new Watched(service, breakers)
    : new Guarded(service, breakers);
}

/** `router shop@file: breaker@file`, `service shop@file: breaker@file`, `service shop@file: leg vm-1`. */
function shown(owner: string, name: readonly [string, string] | undefined): string {
  const [kind, first, provider, key] = JSON.parse(owner) as readonly string[];
  if (kind === 'leg') return `service ${first}@${provider}: leg ${key}`;
  const whose = `${kind} ${first}@${provider}`;
  return name === undefined ? whose : `${whose}: ${name.join('@')}`;
}
