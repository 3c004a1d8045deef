/** `headers` as the data plane is told of it. */
import type { HeadersConfig } from '../../config/middleware/headers.ts';
import { fieldMistake } from '../../middleware/field-mistake.ts';
import { checkGoRegexp } from '../../rules/go-regexp.ts';
import type { QName } from '../model.ts';

export interface HeadersModel {
  readonly kind: 'headers';
  readonly name: QName;
  readonly headers: HeadersMiddleware;
}

type Fields = readonly (readonly [name: string, value: string])[];

/** Lower-case names; an empty value deletes. */
export interface HeadersMiddleware {
  readonly request: Fields;
  readonly response: Fields;
  readonly cors?: CorsModel;
  readonly protection?: ProtectionModel;
}

export interface CorsModel {
  readonly allowCredentials: boolean;
  /** Joined with commas; '' for none. */
  readonly allowHeaders: string;
  readonly allowMethods: string;
  readonly exposeHeaders: string;
  readonly origins: readonly string[];
  readonly originRegexes: readonly string[];
  readonly maxAge: number;
  readonly addVary: boolean;
}

export interface ProtectionModel {
  /** Lower-case; empty for all. */
  readonly allowedHosts: readonly string[];
  /** Lower-case names. */
  readonly hostsProxyHeaders: readonly string[];
  /** Fields by which requests have come over TLS. */
  readonly sslProxyHeaders: Fields;
  /** Set on every response. */
  readonly fields: Fields;
  /** Set on responses to requests that came over TLS. */
  readonly tlsFields: Fields;
}

export function resolveHeaders(name: QName, config: HeadersConfig): HeadersModel | string {
  const mistake =
    mistakeIn('customRequestHeaders', config.customRequestHeaders, 'request') ??
    mistakeIn('customResponseHeaders', config.customResponseHeaders, 'response') ??
    badOrigin(config.accessControlAllowOriginListRegex);
  if (mistake !== undefined) return mistake;
  const cors = corsOf(config);
  const protection = protectionOf(config);
  return {
    kind: 'headers',
    name,
    headers: {
      request: fields(config.customRequestHeaders),
      response: fields(config.customResponseHeaders),
      ...(cors === undefined ? {} : { cors }),
      ...(protection === undefined ? {} : { protection }),
    },
  };
}

function fields(headers: Readonly<Record<string, string>> = {}): Fields {
  return Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
}

function mistakeIn(
  key: string,
  headers: Readonly<Record<string, string>> = {},
  of: 'request' | 'response',
): string | undefined {
  for (const [name, value] of Object.entries(headers)) {
    const mistake = fieldMistake(name, value, of);
    if (mistake !== undefined) return `${key}: ${mistake}`;
  }
  return undefined;
}

function badOrigin(expressions: readonly string[] = []): string | undefined {
  for (const [position, expression] of expressions.entries()) {
    const mistake = checkGoRegexp(expression);
    if (mistake !== undefined) return `accessControlAllowOriginListRegex[${position}]: ${mistake}`;
  }
  return undefined;
}

function corsOf(config: HeadersConfig): CorsModel | undefined {
  const cors: CorsModel = {
    allowCredentials: config.accessControlAllowCredentials ?? false,
    allowHeaders: config.accessControlAllowHeaders?.join(',') ?? '',
    allowMethods: config.accessControlAllowMethods?.join(',') ?? '',
    exposeHeaders: config.accessControlExposeHeaders?.join(',') ?? '',
    origins: config.accessControlAllowOriginList ?? [],
    originRegexes: config.accessControlAllowOriginListRegex ?? [],
    maxAge: config.accessControlMaxAge ?? 0,
    addVary: config.addVaryHeader ?? false,
  };
  const asked =
    cors.allowCredentials ||
    cors.allowHeaders !== '' ||
    cors.allowMethods !== '' ||
    cors.exposeHeaders !== '' ||
    cors.origins.length > 0 ||
    cors.originRegexes.length > 0 ||
    cors.maxAge !== 0 ||
    cors.addVary;
  return asked ? cors : undefined;
}

function protectionOf(config: HeadersConfig): ProtectionModel | undefined {
  const live = config.isDevelopment !== true;
  const sts =
    live && (config.stsSeconds ?? 0) > 0 ? [['strict-transport-security', stsValue(config)] as const] : [];
  const forced = config.forceSTSHeader === true;
  const pins = live && config.publicKey ? [['public-key-pins', config.publicKey] as const] : [];
  const protection: ProtectionModel = {
    allowedHosts: live ? (config.allowedHosts ?? []).map((host) => host.toLowerCase()) : [],
    hostsProxyHeaders: (config.hostsProxyHeaders ?? []).map((name) => name.toLowerCase()),
    sslProxyHeaders: fields(config.sslProxyHeaders),
    fields: [...(forced ? sts : []), ...protectingFields(config)],
    tlsFields: [...(forced ? [] : sts), ...pins],
  };
  const { allowedHosts, fields: always, tlsFields } = protection;
  return allowedHosts.length + always.length + tlsFields.length > 0 ? protection : undefined;
}

function stsValue({ stsSeconds, stsIncludeSubdomains, stsPreload }: HeadersConfig): string {
  const subdomains = stsIncludeSubdomains === true ? '; includeSubDomains' : '';
  return `max-age=${stsSeconds}${subdomains}${stsPreload === true ? '; preload' : ''}`;
}

function protectingFields(config: HeadersConfig): Fields {
  const all: readonly (readonly [string, string | undefined])[] = [
    ['x-frame-options', config.customFrameOptionsValue || (config.frameDeny ? 'DENY' : undefined)],
    ['x-content-type-options', config.contentTypeNosniff ? 'nosniff' : undefined],
    [
      'x-xss-protection',
      config.customBrowserXSSValue || (config.browserXssFilter ? '1; mode=block' : undefined),
    ],
    ['content-security-policy', config.contentSecurityPolicy],
    ['content-security-policy-report-only', config.contentSecurityPolicyReportOnly],
    ['referrer-policy', config.referrerPolicy],
    ['permissions-policy', config.permissionsPolicy],
  ];
  return all.filter((each): each is readonly [string, string] => each[1] !== undefined && each[1] !== '');
}
