/** `rateLimit` as the data plane is told of it. */
import type { RateLimitConfig } from '../../config/middleware/rate-limit.ts';
import type { QName } from '../model.ts';
import { pemOf } from '../pem.ts';
import type { DynamicSource } from '../resolve-input.ts';
import type { MiddlewareContext } from './resolve-context.ts';
import { resolveIpStrategy, resolveSource, type SourceModel } from './source-criterion.ts';

export interface RateLimitModel {
  readonly kind: 'rateLimit';
  readonly name: QName;
  /** Requests in each period; 0: no limit. */
  readonly average: number;
  readonly periodMs: number;
  /** At least 1. */
  readonly burst: number;
  readonly source: SourceModel;
  /** Present: the limit holds over all gateways that name the same Redis. */
  readonly redis?: RedisModel;
}

export interface RedisModel {
  /** More than one: nodes of a cluster. */
  readonly endpoints: readonly { readonly host: string; readonly port: number }[];
  readonly username: string;
  readonly password: string;
  readonly db: number;
  readonly answerMs: number;
  readonly dialMs: number;
  readonly tls?: RedisTlsModel;
  /** Requests are refused while Redis does not answer, instead of limited here alone. */
  readonly denyOnError: boolean;
}

export interface RedisTlsModel {
  /** Empty: the system's roots. PEM. */
  readonly roots: readonly string[];
  readonly certificate?: { readonly cert: string; readonly key: string };
  readonly insecureSkipVerify: boolean;
}

export function resolveRateLimit(
  name: QName,
  config: RateLimitConfig,
  context: MiddlewareContext,
): RateLimitModel | string {
  const source = resolveSource(config.sourceCriterion, resolveIpStrategy());
  if (typeof source === 'string') return source;
  const redis = config.redis && resolveRedis(config.redis, context.source);
  if (typeof redis === 'string') return redis;
  return {
    kind: 'rateLimit',
    name,
    average: config.average ?? 0,
    periodMs: config.period || 1000,
    burst: config.burst || 1,
    source,
    ...(redis && { redis }),
  };
}

type RedisConfig = NonNullable<RateLimitConfig['redis']>;

function resolveRedis(config: RedisConfig, source: DynamicSource): RedisModel | string {
  const { endpoints = ['127.0.0.1:6379'], db = 0 } = config;
  if (endpoints.length > 1 && db !== 0)
    return `redis.db: a cluster has only database 0, got ${db} with ${endpoints.length} endpoints`;
  const tls = config.tls && resolveTls(config.tls, source);
  if (typeof tls === 'string') return tls;
  return {
    endpoints: endpoints.map(address),
    username: config.username ?? '',
    password: config.password ?? '',
    db,
    // Zero means Traefik's default there, too.
    answerMs: config.readTimeout || 3000,
    dialMs: config.dialTimeout || 5000,
    ...(tls && { tls }),
    denyOnError: config.denyOnError ?? false,
  };
}

function resolveTls(config: NonNullable<RedisConfig['tls']>, source: DynamicSource): RedisTlsModel | string {
  const pem = (file: string | undefined) => (file === undefined ? undefined : pemOf(file, source));
  const [root, cert, key] = [pem(config.ca), pem(config.cert), pem(config.key)];
  if ((config.cert === undefined) !== (config.key === undefined))
    return 'redis.tls: want both cert and key, or neither';
  if (
    (config.ca !== undefined && root === undefined) ||
    (config.cert !== undefined && (cert === undefined || key === undefined))
  )
    return 'redis.tls: a certificate file was not read';
  return {
    roots: root === undefined ? [] : [root],
    ...(cert === undefined || key === undefined ? {} : { certificate: { cert, key } }),
    insecureSkipVerify: config.insecureSkipVerify ?? false,
  };
}

/** `host:port`, checked by the schema. */
function address(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}
