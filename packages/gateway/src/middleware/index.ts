/** Every middleware the gateway knows, by the kind the model gives it. */
import type { MiddlewareModel } from '../model/middleware/models.ts';
import { addPrefix } from './add-prefix.ts';
import { basicAuth } from './basic-auth.ts';
import { circuitBreaker } from './circuit-breaker.ts';
import { contentType } from './content-type.ts';
import { digestAuth } from './digest-auth.ts';
import { encodedCharacters } from './encoded-characters.ts';
import { headers } from './headers.ts';
import { inFlightReq } from './in-flight-req.ts';
import { ipAllowList } from './ip-allow-list.ts';
import type { Middleware, MiddlewareContext } from './middleware.ts';
import { passTLSClientCert } from './pass-tls-client-cert.ts';
import { rateLimit } from './rate-limit.ts';
import { redirectRegex } from './redirect-regex.ts';
import { redirectScheme } from './redirect-scheme.ts';
import { replacePath, replacePathRegex } from './replace-path.ts';
import { retry } from './retry.ts';
import { stripPrefix } from './strip-prefix.ts';
import { stripPrefixRegex } from './strip-prefix-regex.ts';

/** Chains are written out before, and what is broken is never built. */
type Kind = Exclude<MiddlewareModel['kind'], 'chain' | 'broken'>;

/** One line a kind: explicit, so that nothing depends on who imported what. */
const factories = {
  headers: (model) => headers(model.headers),
  stripPrefix: (model) => stripPrefix(model),
  stripPrefixRegex: (model) => stripPrefixRegex(model),
  addPrefix: (model) => addPrefix(model),
  retry: (model) => retry(model),
  ipAllowList: (model) => ipAllowList(model),
  circuitBreaker: (model, context) => circuitBreaker(model, context),
  rateLimit: (model, context) => rateLimit(model, context),
  inFlightReq: (model, context) => inFlightReq(model, context),
  replacePath: (model) => replacePath(model),
  replacePathRegex: (model) => replacePathRegex(model),
  redirectScheme: (model) => redirectScheme(model),
  redirectRegex: (model) => redirectRegex(model),
  contentType: (model) => contentType(model),
  encodedCharacters: (model) => encodedCharacters(model),
  passTLSClientCert: (model) => passTLSClientCert(model),
  basicAuth: (model, context) => basicAuth(model, context),
  digestAuth: (model, context) => digestAuth(model, context),
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
