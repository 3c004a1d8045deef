/** Schema of middlewares: the kinds there are, and the ones Traefik has besides. */
import { object, optional, type Static } from '@ficus/common/config/schema.ts';
import { addPrefixSchema } from './middleware/add-prefix.ts';
import { bufferingSchema } from './middleware/buffering.ts';
import { chainSchema } from './middleware/chain.ts';
import { circuitBreakerSchema } from './middleware/circuit-breaker.ts';
import { compressSchema } from './middleware/compress.ts';
import { contentTypeSchema } from './middleware/content-type.ts';
import { encodedCharactersSchema } from './middleware/encoded-characters.ts';
import { errorsSchema } from './middleware/errors.ts';
import { forwardAuthSchema } from './middleware/forward-auth.ts';
import { grpcWebSchema } from './middleware/grpc-web.ts';
import { headersSchema } from './middleware/headers.ts';
import { inFlightReqSchema } from './middleware/in-flight-req.ts';
import { ipAllowListSchema, ipWhiteListSchema } from './middleware/ip-allow-list.ts';
import { passTLSClientCertSchema } from './middleware/pass-tls-client-cert.ts';
import { basicAuthSchema, digestAuthSchema } from './middleware/password-auth.ts';
import { rateLimitSchema } from './middleware/rate-limit.ts';
import { redirectRegexSchema, redirectSchemeSchema } from './middleware/redirect.ts';
import { replacePathRegexSchema, replacePathSchema } from './middleware/replace-path.ts';
import { retrySchema } from './middleware/retry.ts';
import { stripPrefixRegexSchema, stripPrefixSchema } from './middleware/strip-prefix.ts';

const middlewaresNotYet = ['apiKey', 'jwt', 'oidc', 'plugin'];

export const middlewareSchema = object(
  'Changes requests and responses on their way. Exactly one of the kinds.',
  {
    headers: optional(headersSchema),
    stripPrefix: optional(stripPrefixSchema),
    stripPrefixRegex: optional(stripPrefixRegexSchema),
    addPrefix: optional(addPrefixSchema),
    replacePath: optional(replacePathSchema),
    replacePathRegex: optional(replacePathRegexSchema),
    redirectScheme: optional(redirectSchemeSchema),
    redirectRegex: optional(redirectRegexSchema),
    contentType: optional(contentTypeSchema),
    encodedCharacters: optional(encodedCharactersSchema),
    passTLSClientCert: optional(passTLSClientCertSchema),
    basicAuth: optional(basicAuthSchema),
    digestAuth: optional(digestAuthSchema),
    forwardAuth: optional(forwardAuthSchema),
    ipAllowList: optional(ipAllowListSchema),
    ipWhiteList: optional(ipWhiteListSchema),
    rateLimit: optional(rateLimitSchema),
    inFlightReq: optional(inFlightReqSchema),
    buffering: optional(bufferingSchema),
    compress: optional(compressSchema),
    errors: optional(errorsSchema),
    grpcWeb: optional(grpcWebSchema),
    chain: optional(chainSchema),
    circuitBreaker: optional(circuitBreakerSchema),
    retry: optional(retrySchema),
  },
  { notYet: middlewaresNotYet },
);
export type MiddlewareConfig = Static<typeof middlewareSchema>;
