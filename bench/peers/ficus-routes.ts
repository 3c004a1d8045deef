/** The dynamic configuration that Ficus has for each route of a hop. */

import type { Route } from './gateway.ts';

/** Far beyond what any load reaches: the limits are counted and never refuse. */
const NEVER_REACHED = 1_000_000_000;

/** The `http` section that leads everything to `endpoint`, a URL, on the route's way. */
export function routeOf(route: Route, endpoint: string): object {
  const app = serviceOf(endpoint);
  switch (route.kind) {
    case 'plain':
      return { routers: forAll('app'), services: { app } };
    case 'mirrored': {
      const mirroring = { service: 'app', mirrors: [{ name: 'copies', percent: 100 }] };
      const copies = serviceOf(`http://127.0.0.1:${route.mirrorPort}`);
      return { routers: forAll('both'), services: { both: { mirroring }, app, copies } };
    }
    case 'chain': {
      const services = [
        { name: 'large', weight: 3 },
        { name: 'small', weight: 1 },
      ];
      const weighted = { services, sticky: { cookie: { name: 'session', httpOnly: true } } };
      return {
        routers: forAll('both', Object.keys(CHAIN)),
        middlewares: CHAIN,
        services: { both: { weighted }, large: app, small: app },
      };
    }
  }
}

/** One router for every path. */
export function forAll(service: string, middlewares: readonly string[] = []): object {
  return { all: { rule: 'PathPrefix(`/`)', entryPoints: ['web'], service, middlewares } };
}

function serviceOf(url: string): object {
  return { loadBalancer: { servers: [{ url }] } };
}

/** In the order in which a request meets them. */
const CHAIN = {
  fields: {
    headers: {
      customRequestHeaders: { 'X-Bench': 'chain' },
      customResponseHeaders: { 'X-Served-By': 'bench' },
    },
  },
  strip: { stripPrefix: { prefixes: ['/chain'] } },
  rate: { rateLimit: { average: NEVER_REACHED, burst: NEVER_REACHED } },
  underWay: { inFlightReq: { amount: NEVER_REACHED } },
  again: { retry: { attempts: 3 } },
  breaker: {
    circuitBreaker: {
      expression: 'NetworkErrorRatio() > 0.30 || ResponseCodeRatio(500, 600, 0, 600) > 0.25',
    },
  },
};
