/** Every middleware the gateway knows, by the kind the model gives it. */
import type { MiddlewareModel } from '../model/model.ts';
import { addPrefix } from './add-prefix.ts';
import { headers } from './headers.ts';
import type { Middleware } from './middleware.ts';
import { stripPrefix } from './strip-prefix.ts';

type Kind = MiddlewareModel['kind'];

/** One line a kind: explicit, so that nothing depends on who imported what. */
const factories = {
  headers: (model) => headers(model.headers),
  stripPrefix: (model) => stripPrefix(model),
  addPrefix: (model) => addPrefix(model),
} satisfies { readonly [K in Kind]: (model: Extract<MiddlewareModel, { readonly kind: K }>) => Middleware };

/** Builds one middleware. Throws a FicusError that names it when its configuration cannot be served. */
export function compileMiddleware(model: MiddlewareModel): Middleware {
  const make = factories[model.kind] as (model: MiddlewareModel) => Middleware;
  return make(model);
}
