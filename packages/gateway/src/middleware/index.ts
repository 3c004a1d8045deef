/** Every middleware the gateway knows, by the kind the model gives it. */
import { loader } from '@ficus/common/load.ts';
import type { MiddlewareModel } from '../model/middleware/models.ts';
import { addPrefix } from './add-prefix.ts';
import { headers } from './headers.ts';
import type { Middleware, MiddlewareContext } from './middleware.ts';
import { retry } from './retry.ts';
import { stripPrefix } from './strip-prefix.ts';

const load = loader(import.meta.url);

/** Chains are written out before, and what is broken is never built. */
type Kind = Exclude<MiddlewareModel['kind'], 'chain' | 'broken'>;

/** One line a kind: explicit, so that nothing depends on who imported what. What few routers have is loaded for those. */
const factories = {
  headers: (model) => headers(model.headers),
  stripPrefix: (model) => stripPrefix(model),
  stripPrefixRegex: (model) =>
    load<typeof import('./strip-prefix-regex.ts')>('strip-prefix-regex').stripPrefixRegex(model),
  addPrefix: (model) => addPrefix(model),
  retry: (model) => retry(model),
  ipAllowList: (model) => load<typeof import('./ip-allow-list.ts')>('ip-allow-list').ipAllowList(model),
  circuitBreaker: (model, context) =>
    load<typeof import('./circuit-breaker.ts')>('circuit-breaker').circuitBreaker(model, context),
  rateLimit: (model, context) =>
    load<typeof import('./rate-limit.ts')>('rate-limit').rateLimit(model, context),
  inFlightReq: (model, context) =>
    load<typeof import('./in-flight-req.ts')>('in-flight-req').inFlightReq(model, context),
  replacePath: (model) => load<typeof import('./replace-path.ts')>('replace-path').replacePath(model),
  replacePathRegex: (model) =>
    load<typeof import('./replace-path.ts')>('replace-path').replacePathRegex(model),
  redirectScheme: (model) =>
    load<typeof import('./redirect-scheme.ts')>('redirect-scheme').redirectScheme(model),
  redirectRegex: (model) => load<typeof import('./redirect-regex.ts')>('redirect-regex').redirectRegex(model),
  compress: (model) => load<typeof import('./compress/compress.ts')>('compress/compress').compress(model),
  buffering: (model) =>
    load<typeof import('./buffering/buffering.ts')>('buffering/buffering').buffering(model),
  errors: (model, context) =>
    load<typeof import('./errors/errors.ts')>('errors/errors').errors(model, context),
  grpcWeb: (model) => load<typeof import('./grpc-web/grpc-web.ts')>('grpc-web/grpc-web').grpcWeb(model),
  contentType: (model) => load<typeof import('./content-type.ts')>('content-type').contentType(model),
  encodedCharacters: (model) =>
    load<typeof import('./encoded-characters.ts')>('encoded-characters').encodedCharacters(model),
  passTLSClientCert: (model) =>
    load<typeof import('./pass-tls-client-cert.ts')>('pass-tls-client-cert').passTLSClientCert(model),
  basicAuth: (model, context) =>
    load<typeof import('./basic-auth.ts')>('basic-auth').basicAuth(model, context),
  forwardAuth: (model, context) =>
    load<typeof import('./forward-auth/forward-auth.ts')>('forward-auth/forward-auth').forwardAuth(
      model,
      context,
    ),
  digestAuth: (model, context) =>
    load<typeof import('./digest-auth.ts')>('digest-auth').digestAuth(model, context),
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
