/** What the admin API shows of the configuration that serves: the model, and how its endpoints are doing now. */
import type { EndpointState, ModelView } from '@ficus/gateway/explain/view.ts';
import type { Model } from '@ficus/gateway/model/model.ts';
import type { Stats } from '@ficus/gateway/runtime/data-plane.ts';
import type { AggregatedUplink } from '../aggregation/aggregate.ts';
import { aggregatedService, legPatch } from '../aggregation/mesh-model.ts';
import type { HealthBoard } from './health-board.ts';

/** Checks and liveness are the board's, what requests have shown is the workers'. */
export function statesOf(
  board: Pick<HealthBoard, 'healthOf'>,
  { endpoints }: Pick<Stats, 'endpoints'>,
): ModelView['stateOf'] {
  const passive = new Map(
    endpoints.map(({ service, host, port, state }) => [JSON.stringify([service, host, port]), state]),
  );
  return (service, endpoint): EndpointState => {
    const checked = board.healthOf({ name: service, endpoints: [endpoint] });
    if (checked.health === 'down') return checked;
    const seen = passive.get(JSON.stringify([service, endpoint.host, endpoint.port]));
    if (seen === 'ejected') return { health: 'ejected', reason: 'requests to it have failed' };
    if (seen === 'readmitting')
      return { health: 'up', reason: 'back from an ejection with a part of its share' };
    // Told by a worker before the board was.
    return seen === 'down' ? { health: 'down', reason: 'it does not answer' } : checked;
  };
}

/** `model` with the weights and modes of this moment: they are changed in place, without a new model. */
export function withLegs(model: Model, uplinks: readonly AggregatedUplink[]): Model {
  const current = new Map(uplinks.map((uplink) => [JSON.stringify(aggregatedService(uplink.name)), uplink]));
  const services = model.services.map((service) => {
    const uplink = service.kind === 'weighted' ? current.get(JSON.stringify(service.name)) : undefined;
    if (uplink === undefined || service.kind !== 'weighted') return service;
    const now = new Map(legPatch(uplink).map((leg) => [leg.key, leg]));
    return {
      ...service,
      legs: service.legs.map(({ sessionsUntil, ...leg }) => ({
        ...leg,
        ...(now.get(leg.key) ?? (sessionsUntil === undefined ? {} : { sessionsUntil })),
      })),
    };
  });
  return { ...model, services };
}
