/** `/api/http/routers` in Traefik's shape. */
import { routerSchema } from '../../config/dynamic.ts';
import type { RouterModel } from '../../model/model.ts';
import { showName } from '../../model/resolution.ts';
import { Faults, statusOf } from '../faults.ts';
import { brokenReason } from '../routes.ts';
import type { Order } from './page.ts';
import { present } from './present.ts';
import { type ApiObject, allSources, filled, type RunningView } from './running.ts';

/** Every router that was written, whether it serves or not. */
export function apiRouters(view: RunningView): readonly ApiObject[] {
  const { model, disabled } = view;
  const faults = new Faults(disabled);
  // One that serves entrypoints of different kinds has a model for each.
  const models = Map.groupBy(model.routers, (router) => showName(router.name));
  return allSources(view).flatMap(({ provider, config }) =>
    Object.entries(config.http?.routers ?? {}).map(([key, router]) => {
      const name = showName([key, provider]);
      const served = models.get(name) ?? [];
      const using = [...new Set(served.flatMap((each) => each.entryPoints))].sort();
      const { status, error } = statusOf(faults.of('router', name), whyBroken(served));
      return {
        entryPoints: using,
        ...(present(routerSchema, router) as object),
        ...(router.tls === undefined ? {} : { tls: { options: 'default', ...router.tls } }),
        priority: served[0]?.priority ?? (router.priority || (router.rule ?? '').length),
        ...filled('error', error),
        status,
        ...filled('using', using),
        name,
        provider,
      };
    }),
  );

  function whyBroken(served: readonly RouterModel[]): string | undefined {
    if (served.length === 0) return '';
    return served.map((each) => brokenReason(view, each)).find((reason) => reason !== undefined);
  }
}

export const routerOrder: Order<ApiObject> = {
  searched: ({ rule }) => [String(rule ?? '')],
  leadsTo: ({ service, middlewares }) => ({
    service: String(service ?? ''),
    middlewares: (middlewares ?? []) as readonly string[],
  }),
  keys: {
    priority: ({ priority }) => Number(priority),
    rule: ({ rule }) => String(rule ?? ''),
    service: ({ service }) => String(service ?? ''),
    entryPoints: ({ entryPoints }) => (entryPoints as readonly string[]).length,
  },
};
