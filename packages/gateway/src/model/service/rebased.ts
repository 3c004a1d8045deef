/** A service of a fragment, its indexes counted within the whole model. */
import type { ServiceModel } from './models.ts';

/** `first` and `firstTransport`: where the fragment's services and transports begin. */
export function rebased(service: ServiceModel, first: number, firstTransport: number): ServiceModel {
  switch (service.kind) {
    case 'broken':
      return service;
    case 'loadBalancer':
      return { ...service, transport: service.transport + firstTransport };
    case 'weighted':
      return { ...service, legs: service.legs.map((leg) => ({ ...leg, service: leg.service + first })) };
    case 'highestRandomWeight':
      return { ...service, legs: service.legs.map((leg) => ({ ...leg, service: leg.service + first })) };
    case 'mirroring':
      return {
        ...service,
        service: service.service + first,
        mirrors: service.mirrors.map((mirror) => ({ ...mirror, service: mirror.service + first })),
      };
    case 'failover':
      return { ...service, service: service.service + first, fallback: service.fallback + first };
    case 'passing':
      return { ...service, service: service.service + first };
  }
}
