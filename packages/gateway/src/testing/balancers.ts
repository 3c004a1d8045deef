/** Load balancers over endpoints that nothing listens on, for tests of who is picked. */
import type { EndpointModel, LoadBalancerModel } from '../model/model.ts';
import { Deadlines } from '../net/deadlines.ts';
import { Endpoint } from '../service/endpoint.ts';
import { LoadBalancer } from '../service/load-balancer.ts';
import { Registry } from '../service/registry.ts';
import { ManualClock } from './manual-clock.ts';
import { endpointModel, loadBalancer, transport } from './models.ts';

/** An endpoint on a port of 127.0.0.1, and what is special about it. */
export type Server = number | readonly [port: number, more: Partial<EndpointModel>];

/** Makes load balancers that share a clock, which only moves when a test says so. */
export function balancerBench() {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock);
  const registry = new Registry(deadlines);
  registry.begin();
  const way = registry.transport(transport());
  const balancer = (
    name: string,
    servers: readonly Server[],
    more: Partial<LoadBalancerModel> = {},
  ): LoadBalancer => {
    const models = servers.map((server) =>
      typeof server === 'number' ? endpointModel(server) : endpointModel(...server),
    );
    const model = loadBalancer(name, models, more);
    const endpoints = models.map(
      (endpoint) => new Endpoint(model.name, endpoint, registry.pool(way, endpoint), () => {}),
    );
    const made = new LoadBalancer(model, endpoints, undefined);
    made.attach();
    return made;
  };
  return { clock, deadlines, balancer };
}
