/** What entrypoints ask of connections and requests: left out of the model where nothing is asked. */
import type { EntryPointConfig, UplinkEntryPointConfig } from '../config/entry-points.ts';
import type { RequestRules } from './entry-point-rules.ts';
import type { EntryPointModel } from './model.ts';

type Config = EntryPointConfig | UplinkEntryPointConfig;

export function rulesOf(config: Config): Pick<EntryPointModel, 'requests' | 'keepAlive' | 'proxyProtocol'> {
  const requests = requestsOf(config.http);
  const { keepAliveMaxRequests: maxRequests = 0, keepAliveMaxTime: maxTimeMs = 0 } = config.transport ?? {};
  const { proxyProtocol } = config;
  return {
    ...(requests === undefined ? {} : { requests }),
    ...(maxRequests === 0 && maxTimeMs === 0 ? {} : { keepAlive: { maxRequests, maxTimeMs } }),
    ...(proxyProtocol === undefined
      ? {}
      : {
          proxyProtocol: {
            insecure: proxyProtocol.insecure ?? false,
            trustedIPs: proxyProtocol.trustedIPs ?? [],
          },
        }),
  };
}

export function forwardingOf(
  config: EntryPointConfig['forwardedHeaders'],
): Pick<EntryPointModel, 'forwarding'> {
  const { connection = [], notAppendXForwardedFor = false } = config ?? {};
  if (connection.length === 0 && !notAppendXForwardedFor) return {};
  return { forwarding: { connection: connection.map((name) => name.toLowerCase()), notAppendXForwardedFor } };
}

function requestsOf(http: Config['http']): RequestRules | undefined {
  const {
    sanitizePath = true,
    encodedCharacters: allowed = {},
    encodeQuerySemicolons = false,
    underscoreHeadersStrategy: underscoreHeaders = 'keep',
  } = http ?? {};
  // `%00` is refused everywhere.
  const refusedEscapes = [
    ...(allowed.allowEncodedSlash === false ? ['2F'] : []),
    ...(allowed.allowEncodedBackSlash === false ? ['5C'] : []),
    ...(allowed.allowEncodedSemicolon === false ? ['3B'] : []),
    ...(allowed.allowEncodedPercent === false ? ['25'] : []),
    ...(allowed.allowEncodedQuestionMark === false ? ['3F'] : []),
    ...(allowed.allowEncodedHash === false ? ['23'] : []),
  ];
  const plain =
    sanitizePath && !encodeQuerySemicolons && underscoreHeaders === 'keep' && refusedEscapes.length === 0;
  if (plain) return undefined;
  return {
    keepEmptySegments: !sanitizePath,
    refusedEscapes,
    querySemicolons: encodeQuerySemicolons ? 'encode' : 'separate',
    underscoreHeaders,
  };
}
