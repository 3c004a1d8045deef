/** How a load balancer chooses among the endpoints that take requests. */
import { loader } from '@ficus/common/load.ts';
import type { RequestHead } from '../../http/message.ts';
import type { EndpointModel, LoadBalancerModel } from '../../model/model.ts';
import type { Endpoint } from '../endpoint.ts';
import { SmoothWeighted } from '../smooth-weighted.ts';

export interface Strategy {
  /** Index of the endpoint for this request among those whose flag is 1; -1 when there are none. */
  next(flags: Uint8Array, request: RequestHead): number;
  /** How long endpoint `index` still waits for its turn, for a successor; only of those that take turns. */
  phase?(index: number): number;
}

const load = loader(import.meta.url);

/** Over `endpoints`, made from `models`. `phases`: of the strategy before, where the endpoints are the same. */
export function strategyOf(
  model: LoadBalancerModel,
  models: readonly EndpointModel[],
  endpoints: readonly Endpoint[],
  phases: readonly (number | undefined)[] | undefined,
): Strategy {
  const weights = models.map(({ weight }) => weight);
  switch (model.strategy) {
    case 'p2c':
      return new (load<typeof import('./two-choices.ts')>('two-choices').TwoChoices)(endpoints, Math.random);
    case 'hrw': {
      const { HighestRandomWeight } =
        load<typeof import('./highest-random-weight.ts')>('highest-random-weight');
      return new HighestRandomWeight(models.map(nameOf), weights, model.hashOn ?? { from: 'clientIP' });
    }
    case 'leasttime':
      return new (load<typeof import('./least-time.ts')>('least-time').LeastTime)(endpoints, weights, phases);
    default:
      return weights.length > 1 ? new SmoothWeighted(weights, phases) : alone;
  }
}

/** Thousands of services have one endpoint: nothing is to be remembered for them. */
const alone: Strategy = { next: (flags) => (flags[0] === 1 ? 0 : -1) };

/** What a client's place depends on: the address alone, so that it stays through reloads. */
function nameOf({ scheme, host, port, path }: EndpointModel): string {
  return `${scheme}://${host}:${port}${path}`;
}
