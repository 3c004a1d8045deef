/** What explaining looks at: a model, what is disabled in it, and how its endpoints are doing. */
import type { EndpointModel, Model, QName } from '../model/model.ts';
import type { Disabled } from '../model/resolve-input.ts';
import type { CircuitState } from '../service/circuit/breaker.ts';

/** How one endpoint of one load balancer is doing. */
export interface EndpointState {
  /** `unknown`: nothing runs, or nothing asks. `ejected`: requests to it have failed; it is the last resort. */
  readonly health: 'up' | 'down' | 'ejected' | 'unknown';
  readonly reason?: string;
}

export interface ModelView {
  /** False: of files that nothing runs, so that nobody knows what children bring. */
  readonly running: boolean;
  readonly model: Model;
  readonly disabled: readonly Disabled[];
  /** States of circuit breakers by their names, as `DataPlane.stats` has them. */
  readonly circuits?: ReadonlyMap<string, CircuitState>;
  readonly stateOf: (service: QName, endpoint: EndpointModel) => EndpointState;
}

/** Of a configuration that nothing runs. */
export const nothingKnown: ModelView['stateOf'] = () => ({ health: 'unknown' });
