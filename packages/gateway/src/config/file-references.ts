/** The files that dynamic configuration names: made absolute, listed. Pure. */
import { resolve } from 'node:path';
import type { DynamicConfig } from './dynamic.ts';
import type { ForwardAuthConfig } from './middleware/forward-auth.ts';
import type { RateLimitConfig } from './middleware/rate-limit.ts';
import type { TlsConfig } from './tls.ts';

/** Traefik takes a file name or the PEM itself wherever it takes a certificate. */
export function isPem(fileOrContent: string): boolean {
  return fileOrContent.includes('-----BEGIN ');
}

/** A named file and where in the configuration its name is written. */
export interface FileReference {
  readonly file: string;
  readonly path: readonly (string | number)[];
  /** Without it one middleware cannot serve, and all else can. */
  readonly ofMiddleware: boolean;
}

type Visit = (fileOrContent: string, path: readonly (string | number)[]) => string;

/** The same configuration with every file name relative to `folder` made absolute. */
export function absoluteFiles(config: DynamicConfig, folder: string): DynamicConfig {
  return mapFiles(config, (name) => (isPem(name) ? name : resolve(folder, name)));
}

/** Every file the configuration names. */
export function fileReferences(config: DynamicConfig): readonly FileReference[] {
  const found: FileReference[] = [];
  mapFiles(config, (name, path) => {
    if (!isPem(name)) found.push({ file: name, path, ofMiddleware: path[1] === 'middlewares' });
    return name;
  });
  return found;
}

function mapFiles(config: DynamicConfig, visit: Visit): DynamicConfig {
  const { http, tls } = config;
  return {
    ...config,
    ...(http === undefined ? {} : { http: mapHttp(http, visit) }),
    ...(tls === undefined ? {} : { tls: mapTls(tls, visit) }),
  };
}

function mapHttp(http: Http, visit: Visit): Http {
  const { serversTransports, middlewares } = http;
  return {
    ...http,
    ...(serversTransports && { serversTransports: mapTransports(serversTransports, visit) }),
    ...(middlewares && { middlewares: mapMiddlewares(middlewares, visit) }),
  };
}

type Http = NonNullable<DynamicConfig['http']>;
type Middlewares = NonNullable<Http['middlewares']>;

function mapMiddlewares(middlewares: Middlewares, visit: Visit): Middlewares {
  const entries = Object.entries(middlewares).map(([name, middleware]) => {
    const path = ['http', 'middlewares', name];
    const { basicAuth, digestAuth, forwardAuth, rateLimit } = middleware;
    const mapped = {
      ...middleware,
      ...(basicAuth && { basicAuth: mapUsers(basicAuth, [...path, 'basicAuth', 'usersFile'], visit) }),
      ...(digestAuth && { digestAuth: mapUsers(digestAuth, [...path, 'digestAuth', 'usersFile'], visit) }),
      ...(forwardAuth && {
        forwardAuth: mapForwardAuth(forwardAuth, [...path, 'forwardAuth', 'tls'], visit),
      }),
      ...(rateLimit && { rateLimit: mapRateLimit(rateLimit, [...path, 'rateLimit', 'redis', 'tls'], visit) }),
    };
    return [name, mapped] as const;
  });
  return Object.fromEntries(entries);
}

function mapUsers<A extends { readonly usersFile?: string }>(auth: A, path: string[], visit: Visit): A {
  return auth.usersFile === undefined ? auth : { ...auth, usersFile: visit(auth.usersFile, path) };
}

function mapForwardAuth(auth: ForwardAuthConfig, path: string[], visit: Visit): ForwardAuthConfig {
  return auth.tls === undefined ? auth : { ...auth, tls: mapClientTls(auth.tls, path, visit) };
}

function mapRateLimit(limit: RateLimitConfig, path: string[], visit: Visit): RateLimitConfig {
  const tls = limit.redis?.tls;
  return tls === undefined
    ? limit
    : { ...limit, redis: { ...limit.redis, tls: mapClientTls(tls, path, visit) } };
}

/** Of whoever speaks TLS to somebody beside endpoints. */
function mapClientTls<T extends { readonly ca?: string; readonly cert?: string; readonly key?: string }>(
  tls: T,
  path: readonly string[],
  visit: Visit,
): T {
  const { ca, cert, key } = tls;
  return {
    ...tls,
    ...(ca !== undefined && { ca: visit(ca, [...path, 'ca']) }),
    ...(cert !== undefined && { cert: visit(cert, [...path, 'cert']) }),
    ...(key !== undefined && { key: visit(key, [...path, 'key']) }),
  };
}

function mapTls(tls: TlsConfig, visit: Visit): TlsConfig {
  const { certificates, stores, options } = tls;
  return {
    ...tls,
    ...(certificates && { certificates: mapPairs(certificates, ['tls', 'certificates'], visit) }),
    ...(stores && {
      stores: mapValues(stores, (store, name) => {
        const pair = store.defaultCertificate;
        const path = ['tls', 'stores', name, 'defaultCertificate'];
        return pair === undefined ? store : { ...store, defaultCertificate: mapPair(pair, path, visit) };
      }),
    }),
    ...(options && {
      options: mapValues(options, (each, name) => {
        const files = each.clientAuth?.caFiles;
        if (files === undefined) return each;
        const path = ['tls', 'options', name, 'clientAuth', 'caFiles'];
        const caFiles = files.map((file, index) => visit(file, [...path, index]));
        return { ...each, clientAuth: { ...each.clientAuth, caFiles } };
      }),
    }),
  };
}

function mapValues<T>(
  values: Readonly<Record<string, T>>,
  change: (value: T, name: string) => T,
): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value, name)]));
}

type Transports = NonNullable<Http['serversTransports']>;

function mapTransports(transports: Transports, visit: Visit): Transports {
  const entries = Object.entries(transports).map(([name, transport]) => {
    const path = ['http', 'serversTransports', name];
    const { rootCAs, certificates } = transport;
    const mapped = {
      ...transport,
      ...(rootCAs && { rootCAs: rootCAs.map((root, index) => visit(root, [...path, 'rootCAs', index])) }),
      ...(certificates && { certificates: mapPairs(certificates, [...path, 'certificates'], visit) }),
    };
    return [name, mapped] as const;
  });
  return Object.fromEntries(entries);
}

function mapPairs<P extends { readonly certFile: string; readonly keyFile: string }>(
  pairs: readonly P[],
  path: readonly string[],
  visit: Visit,
): P[] {
  return pairs.map((pair, index) => mapPair(pair, [...path, index], visit));
}

function mapPair<P extends { readonly certFile: string; readonly keyFile: string }>(
  pair: P,
  path: readonly (string | number)[],
  visit: Visit,
): P {
  return {
    ...pair,
    certFile: visit(pair.certFile, [...path, 'certFile']),
    keyFile: visit(pair.keyFile, [...path, 'keyFile']),
  };
}
