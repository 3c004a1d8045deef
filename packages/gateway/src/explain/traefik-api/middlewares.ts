/** `/api/http/middlewares` in Traefik's shape. */
import { middlewareSchema } from '../../config/middlewares.ts';
import { showName } from '../../model/resolution.ts';
import { circuitsBy } from '../circuits.ts';
import { Faults, statusOf } from '../faults.ts';
import type { Order } from './page.ts';
import { present } from './present.ts';
import { type ApiObject, allSources, filled, type RunningView } from './running.ts';
import { usageOf } from './usage.ts';

/** Every middleware that was written. */
export function apiMiddlewares(view: RunningView): readonly ApiObject[] {
  const { model, disabled } = view;
  const faults = new Faults(disabled);
  const { middlewares: usedBy } = usageOf(model);
  const broken = new Map(
    model.middlewares.flatMap((each) =>
      each.kind === 'broken' ? [[showName(each.name), each.detail] as const] : [],
    ),
  );
  return allSources(view).flatMap(({ provider, config }) =>
    Object.entries(config.http?.middlewares ?? {}).map(([key, middleware]) => {
      const name = showName([key, provider]);
      const { status, error } = statusOf(faults.of('middleware', name), broken.get(name));
      return {
        ...(present(middlewareSchema, middleware) as object),
        ...filled('error', error),
        status,
        ...circuitsBy(view, (owner, part) => (part === name ? owner : undefined)),
        ...filled('usedBy', usedBy.get(name) ?? []),
        name,
        provider,
        type: (Object.keys(middleware)[0] ?? '').toLowerCase(),
      };
    }),
  );
}

export const middlewareOrder: Order<ApiObject> = { keys: { type: ({ type }) => String(type) } };
