/** Traefik's own read-only API, for dashboards and scripts that know it. */
import { FicusError } from '@ficus/common/errors.ts';
import type { Listed, Order, Query } from '@ficus/gateway/explain/traefik-api/page.ts';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Routes, RunningContext } from './context.ts';
import { route } from './route-schema.ts';

const anything = { type: 'object', additionalProperties: true };
const lists = { type: 'array', items: anything };
const text = (description: string) => ({ type: 'string', maxLength: 300, description });
/** Unknown parameters are passed over, as Traefik does. */
const query = {
  type: 'object',
  properties: {
    page: text('from 1; X-Next-Page has the next, and 1 on the last'),
    per_page: text('default 100'),
    search: text('in names, and in rules of routers'),
    status: text('enabled, warning or disabled'),
    serviceName: text('routers of this service'),
    middlewareName: text('routers with this middleware'),
    sortBy: text('a key; default name'),
    direction: text('asc or desc; default asc'),
  },
};

interface List {
  readonly all: readonly Listed[];
  readonly order?: Order<never>;
}

/** Each loads its code when somebody asks. */
const objects: Readonly<Record<string, (context: RunningContext) => Promise<List>>> = {
  'http/routers': async ({ runtime }) => {
    const { apiRouters, routerOrder } = await import('@ficus/gateway/explain/traefik-api/routers.ts');
    return { all: apiRouters((await runtime.running()).view), order: routerOrder as Order<never> };
  },
  'http/services': async ({ runtime }) => {
    const { apiServices, serviceOrder } = await import('@ficus/gateway/explain/traefik-api/services.ts');
    return { all: apiServices((await runtime.running()).view), order: serviceOrder as Order<never> };
  },
  'http/middlewares': async ({ runtime }) => {
    const { apiMiddlewares, middlewareOrder } = await import(
      '@ficus/gateway/explain/traefik-api/middlewares.ts'
    );
    return { all: apiMiddlewares((await runtime.running()).view), order: middlewareOrder as Order<never> };
  },
  entrypoints: async ({ runtime }) => {
    const { apiEntryPoints } = await import('@ficus/gateway/explain/traefik-api/summary.ts');
    return { all: apiEntryPoints((await runtime.running()).view) };
  },
};

export const traefikRoutes: Routes<RunningContext> = (app, context) => {
  const { runtime } = context;
  for (const [path, load] of Object.entries(objects)) addList(app, path, () => load(context));
  const summary = () => import('@ficus/gateway/explain/traefik-api/summary.ts');
  app.get('/api/overview', route('getOverview', "counts, as Traefik's API has them", anything), async () => {
    const { view, features } = await runtime.running();
    return (await summary()).apiOverview(view, features);
  });
  app.get(
    '/api/rawdata',
    route('getRawData', 'routers, middlewares and services by name', anything),
    async () => {
      const { view } = await runtime.running();
      return (await summary()).apiRawData(view);
    },
  );
  app.get('/api/version', route('getVersion', 'which release this is', anything), async () => {
    const { version, startedAt } = await runtime.running();
    return { Version: version, Codename: 'ficus', startDate: startedAt };
  });
};

/** A list, and one of it by name. */
function addList(app: FastifyInstance, path: string, load: () => Promise<List>): void {
  const what = path.split('/').at(-1) as string;
  const id = what[0]?.toUpperCase().concat(what.slice(1)) as string;
  const one = what.replace(/s$/, '');
  app.get(
    `/api/${path}`,
    route(`listTraefik${id}`, `${what} as Traefik's API has them`, lists, { querystring: query }),
    async (request, reply: FastifyReply) => {
      const { pageOf } = await import('@ficus/gateway/explain/traefik-api/page.ts');
      const { all, order } = await load();
      const { items, next } = pageOf(all as readonly never[], request.query as Query, order);
      reply.header('x-next-page', String(next));
      return items;
    },
  );
  app.get(
    `/api/${path}/:name`,
    route(`getTraefik${id}`, `one of the ${what} by name`, anything, { params: 'name' }),
    async (request) => {
      const { name } = request.params as { readonly name: string };
      const found = (await load()).all.find((each) => each.name === name);
      if (found !== undefined) return found;
      throw new FicusError(`${one}.unknown`, `no ${one} ${JSON.stringify(name.slice(0, 80))}`, {
        status: 404,
        remedy: `see GET /api/${path}; names are written as name@provider`,
      });
    },
  );
}
