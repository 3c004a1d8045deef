/** Spells the short form `workloads` out as dynamic configuration. */
import type { DynamicConfig } from '@ficus/gateway/config/dynamic.ts';
import type { WorkloadConfig } from './child-schema.ts';

/**
 * Each workload becomes a service with one endpoint, a router for every path and an uplink of the same name.
 * Its health check runs on the endpoint here, and is advertised so that the parent runs it through the uplink.
 */
export function workloadsAsDynamic(workloads: Readonly<Record<string, WorkloadConfig>>): DynamicConfig {
  const entries = Object.entries(workloads);
  const spelt = <T>(one: (name: string, workload: WorkloadConfig) => T): Record<string, T> =>
    Object.fromEntries(entries.map(([name, workload]) => [name, one(name, workload)]));
  return {
    http: {
      routers: spelt((name) => ({ rule: 'PathPrefix(`/`)', service: name, uplinks: [name] })),
      services: spelt((_, { url, healthCheck }) => ({
        loadBalancer: { servers: [{ url }], ...(healthCheck === undefined ? {} : { healthCheck }) },
      })),
      uplinks: spelt((name, { weight, healthCheck }) => ({
        exposeName: name,
        ...(weight === undefined ? {} : { weight }),
        ...(healthCheck === undefined ? {} : { healthCheck }),
      })),
    },
  };
}
