/** Schema of middlewares: the kinds there are, and the ones Traefik has besides. */
import { list, named, object, optional, type Static, string } from '@ficus/common/config/schema.ts';

/** Keys of Traefik's `headers` that are more than setting fields. */
const headersNotYet = [
  'accessControlAllowCredentials',
  'accessControlAllowHeaders',
  'accessControlAllowMethods',
  'accessControlAllowOriginList',
  'accessControlAllowOriginListRegex',
  'accessControlExposeHeaders',
  'accessControlMaxAge',
  'addVaryHeader',
  'allowedHosts',
  'hostsProxyHeaders',
  'sslProxyHeaders',
  'stsSeconds',
  'stsIncludeSubdomains',
  'stsPreload',
  'forceSTSHeader',
  'frameDeny',
  'customFrameOptionsValue',
  'contentTypeNosniff',
  'browserXssFilter',
  'customBrowserXSSValue',
  'contentSecurityPolicy',
  'contentSecurityPolicyReportOnly',
  'publicKey',
  'referrerPolicy',
  'permissionsPolicy',
  'isDevelopment',
  'featurePolicy',
  'sslRedirect',
  'sslTemporaryRedirect',
  'sslHost',
  'sslForceHost',
];
const middlewaresNotYet = [
  'addPrefixRegex',
  'basicAuth',
  'buffering',
  'chain',
  'circuitBreaker',
  'compress',
  'contentType',
  'digestAuth',
  'encodedCharacters',
  'errors',
  'forwardAuth',
  'grpcWeb',
  'inFlightReq',
  'ipAllowList',
  'ipWhiteList',
  'passTLSClientCert',
  'plugin',
  'rateLimit',
  'redirectRegex',
  'redirectScheme',
  'replacePath',
  'replacePathRegex',
  'retry',
  'stripPrefixRegex',
];

const headerMap = (description: string) =>
  named(
    description,
    'header',
    string('Value; the empty string deletes the field.', { format: 'header-value' }),
    { keyFormat: 'header-name' },
  );

export const middlewareSchema = object(
  'Changes requests and responses on their way. Exactly one of the kinds.',
  {
    headers: optional(
      object(
        'Sets and deletes header fields.',
        {
          customRequestHeaders: optional(headerMap('Fields set on requests, by name.')),
          customResponseHeaders: optional(headerMap('Fields set on responses, by name.')),
        },
        { notYet: headersNotYet },
      ),
    ),
    stripPrefix: optional(
      object(
        'Removes the first of these prefixes that the path begins with, and says so in `X-Forwarded-Prefix`.',
        {
          prefixes: list('The prefixes.', string('A prefix such as `/api`.', { format: 'prefix' }), {
            minItems: 1,
          }),
        },
        { notYet: ['forceSlash'] },
      ),
    ),
    addPrefix: optional(
      object('Puts a prefix before the path.', {
        prefix: string('The prefix, such as `/api`.', { format: 'prefix' }),
      }),
    ),
  },
  { notYet: middlewaresNotYet },
);
export type MiddlewareConfig = Static<typeof middlewareSchema>;
