/** `rateLimit` as the data plane is told of it. */
import type { RateLimitConfig } from '../../config/middleware/rate-limit.ts';
import type { QName } from '../model.ts';
import { certificateOf, pemOf } from '../pem.ts';
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

type TlsConfig = NonNullable<RedisConfig['tls']>;

/** The model, or what is wrong. Never quotes the key. */
function resolveTls(config: TlsConfig, source: DynamicSource): RedisTlsModel | string {
  if ((config.cert === undefined) !== (config.key === undefined))
    return 'redis.tls: want both cert and key, or neither';
  const pems: Partial<Record<'ca' | 'cert' | 'key', string>> = {};
  for (const which of ['ca', 'cert', 'key'] as const) {
    const written = config[which];
    if (written === undefined) continue;
    const pem = pemOf(written, source);
    if (pem === undefined) {
      const reason = source.unread?.get(written) ?? 'it was not read';
      return `redis.tls.${which}: cannot read ${JSON.stringify(written)}: ${reason}`;
    }
    pems[which] = pem;
  }
  const { ca, cert, key } = pems;
  if (ca !== undefined && !/-----BEGIN (?:TRUSTED )?CERTIFICATE-----/.test(ca))
    return 'redis.tls.ca: the file holds no PEM certificate';
  const pair = cert === undefined || key === undefined ? undefined : certificateOf(cert, key);
  if (typeof pair === 'string') return `redis.tls: ${pair}`;
  return {
    roots: ca === undefined ? [] : [ca],
    ...(pair === undefined ? {} : { certificate: { cert: pair.cert, key: pair.key } }),
    insecureSkipVerify: config.insecureSkipVerify ?? false,
  };
}

/** `host:port`, checked by the schema. */
function address(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}
