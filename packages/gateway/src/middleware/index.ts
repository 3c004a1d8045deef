/** Every middleware the gateway knows, by the kind the model gives it. */
import type { MiddlewareModel } from '../model/middleware/models.ts';
import { addPrefix } from './add-prefix.ts';
import { headers } from './headers.ts';
import type { Middleware, MiddlewareContext } from './middleware.ts';
import { stripPrefix } from './strip-prefix.ts';

/** Chains are written out before, and what is broken is never built. */
type Kind = Exclude<MiddlewareModel['kind'], 'chain' | 'broken' | 'circuitBreaker'>;

/** One line a kind: explicit, so that nothing depends on who imported what. */
const factories = {
  headers: (model) => headers(model.headers),
  stripPrefix: (model) => stripPrefix(model),
  addPrefix: (model) => addPrefix(model),
} satisfies {
  readonly [K in Kind]: (
    model: Extract<MiddlewareModel, { readonly kind: K }>,
    context: MiddlewareContext,
  ) => Middleware;
};

/** Builds one middleware. Throws a FicusError that names it when its configuration cannot be served. */
export function compileMiddleware(model: MiddlewareModel, context: MiddlewareContext): Middleware {
  const make = factories[model.kind as Kind] as (
    model: MiddlewareModel,
    context: MiddlewareContext,
  ) => Middleware;
  return make(model, context);
}
