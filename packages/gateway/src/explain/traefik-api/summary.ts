/** `/api/overview`, `/api/entrypoints` and `/api/rawdata` in Traefik's shapes. */
import { entryPointSchema } from '../../config/entry-points.ts';
import { apiMiddlewares } from './middlewares.ts';
import type { Listed } from './page.ts';
import { present } from './present.ts';
import { apiRouters } from './routers.ts';
import type { ApiObject, RunningView } from './running.ts';
import { apiServices } from './services.ts';

/** What is switched on besides routing. */
export interface Features {
  readonly accessLog: boolean;
  /** Children are discovered. */
  readonly mesh: boolean;
  /** `providers.file` is there. */
  readonly file: boolean;
}

const none = { total: 0, warnings: 0, errors: 0 };

export function apiOverview(view: RunningView, { accessLog, mesh, file }: Features): object {
  return {
    http: {
      routers: section(apiRouters(view)),
      services: section(apiServices(view)),
      middlewares: section(apiMiddlewares(view)),
    },
    tcp: { routers: none, services: none, middlewares: none },
    udp: { routers: none, services: none },
    features: { tracing: '', metrics: 'Prometheus', accessLog, hub: mesh },
    providers: [...(file ? ['File'] : []), ...(mesh ? ['Multicluster'] : [])],
  };
}

function section(objects: readonly ApiObject[]): typeof none {
  const count = (status: string) => objects.filter((each) => each.status === status).length;
  return { total: objects.length, warnings: count('warning'), errors: count('disabled') };
}

export function apiEntryPoints({ entryPoints }: RunningView): readonly Listed[] {
  return Object.entries(entryPoints).map(([name, config]) => ({
    ...(present(entryPointSchema, config) as object),
    name,
  }));
}

/** Everything by name. */
export function apiRawData(view: RunningView): object {
  return {
    routers: byName(apiRouters(view)),
    middlewares: byName(apiMiddlewares(view)),
    services: byName(apiServices(view)),
  };
}

function byName(objects: readonly ApiObject[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(objects.map(({ name, provider: _, type: __, ...rest }) => [name, rest]));
}
