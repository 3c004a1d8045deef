/** Circuit breakers as explanations tell of them: where they stand, and how they are. */
import type { CircuitStep, MiddlewareStep, ServiceStep } from '@ficus/common/api/explain.ts';
import type { CircuitBreakerModel, CircuitBreakerSettings } from '../model/middleware/circuit-breaker.ts';
import type { QName } from '../model/model.ts';
import { showName } from '../model/resolution.ts';
import type { ModelView } from './view.ts';

/** Whose middleware a breaker is: each router and service that names it has one of its own. */
export function ownerOf(kind: 'router' | 'service', name: QName): string {
  return `${kind} ${showName(name)}`;
}

/** As `DataPlane.stats` names a breaker of `owner`; `part`: the middleware, or `leg <key>`. */
function circuit(
  { circuits }: ModelView,
  owner: string,
  part: string,
  { expression }: CircuitBreakerSettings,
): CircuitStep {
  const state = circuits?.get(`${owner}: ${part}`);
  return { expression, ...(state === undefined ? {} : { state }) };
}

/** States of breakers whose names `pick` takes, by what it makes of them; nothing when there are none. */
export function circuitsBy(
  { circuits }: Pick<ModelView, 'circuits'>,
  pick: (owner: string, part: string) => string | undefined,
): { readonly circuits?: Readonly<Record<string, string>> } {
  const found = [...(circuits ?? [])].flatMap(([name, state]) => {
    const colon = name.lastIndexOf(': ');
    const key = pick(name.slice(0, colon), name.slice(colon + 2));
    return key === undefined ? [] : [[key, state] as const];
  });
  return found.length === 0 ? {} : { circuits: Object.fromEntries(found) };
}

/** Breakers among a service's own middlewares. */
export function serviceCircuits(
  view: ModelView,
  service: QName,
  breakers: readonly CircuitBreakerModel[],
): readonly CircuitStep[] {
  return breakers.map((each) => circuit(view, ownerOf('service', service), showName(each.name), each));
}

/** The breaker of one leg of a weighted service. */
export function legCircuit(
  view: ModelView,
  service: QName,
  key: string,
  breaker: CircuitBreakerSettings | undefined,
): readonly CircuitStep[] {
  return breaker === undefined ? [] : [circuit(view, ownerOf('service', service), `leg ${key}`, breaker)];
}

/** `step` behind breakers: down while one is open. */
export function behind(step: ServiceStep, circuitBreakers: readonly CircuitStep[]): ServiceStep {
  if (circuitBreakers.length === 0) return step;
  const open = circuitBreakers.some(({ state }) => state === 'tripped');
  return { ...step, circuitBreakers, ...(open ? { health: 'down', reason: 'its circuit is open' } : {}) };
}

/** What a breaker among the middlewares of `owner` does to a request now. */
export function circuitEffect(
  view: ModelView,
  owner: string,
  model: CircuitBreakerModel,
): Pick<MiddlewareStep, 'effect'> & { readonly open: boolean } {
  const fallback =
    model.fallbackService === undefined ? undefined : view.model.services[model.fallbackService];
  const instead = fallback === undefined ? `${model.responseCode}` : showName(fallback.name);
  const { state } = circuit(view, owner, showName(model.name), model);
  const words = {
    standby: 'its circuit is closed: passes',
    recovering: `its circuit recovers: more and more pass, the others get ${instead}`,
    tripped: `its circuit is open: ${instead} answers`,
  };
  const unknown = `passes while its circuit is closed, else ${instead} answers`;
  return { effect: state === undefined ? unknown : words[state], open: state === 'tripped' };
}
