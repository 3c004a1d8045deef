/** Entrypoints with every limit filled in. */
import type { EntryPointConfig, UplinkEntryPointConfig } from '../config/entry-points.ts';
import type { ConnectionLimits, EntryPointModel, Http2Limits } from './model.ts';
import { forwardingOf, rulesOf } from './resolve-entry-point-rules.ts';
import { defaultHttp2Limits, http2LimitsOf, uplinkHttp2Limits } from './resolve-http2.ts';
import type { UplinkIdentityModel } from './resolve-input.ts';

/** An entrypoint without what depends on routers. */
export interface EntryPointDraft {
  readonly name: string;
  readonly asDefault: boolean;
  /** `http.tls` is there. */
  readonly tls: boolean;
  /** `http.tls.options`, as written. */
  readonly tlsOptions: string | undefined;
  /** As written. */
  readonly middlewares: readonly string[];
  readonly model: EntryPointModel;
}

export function entryPointDrafts(
  entryPoints: Readonly<Record<string, EntryPointConfig>>,
): readonly EntryPointDraft[] {
  return drafts(entryPoints, (name, config) => ({
    name,
    address: listenAddress(config.address),
    limits: limitsOf(config, defaultHttp2Limits),
    forwardedHeaders: {
      insecure: config.forwardedHeaders?.insecure ?? false,
      trustedIPs: config.forwardedHeaders?.trustedIPs ?? [],
    },
    ...forwardingOf(config.forwardedHeaders),
    ...rulesOf(config),
    tls: config.http?.tls !== undefined,
  }));
}

/** A parent has proved who it is before it can send a request, so its forwarded headers are kept. */
export function uplinkEntryPointDrafts(
  entryPoints: Readonly<Record<string, UplinkEntryPointConfig>>,
  identity: UplinkIdentityModel,
): readonly EntryPointDraft[] {
  return drafts(entryPoints, (name, config) => ({
    name,
    address: listenAddress(config.address),
    limits: limitsOf(config, uplinkHttp2Limits),
    forwardedHeaders: { insecure: true, trustedIPs: [] },
    ...rulesOf(config),
    tls: true,
    uplink: { ...identity, tables: [] },
  }));
}

/** Those that what names no entrypoint is reachable on. */
export function defaultEntryPoints(all: readonly EntryPointDraft[]): readonly EntryPointDraft[] {
  const chosen = all.filter((each) => each.asDefault);
  return chosen.length > 0 ? chosen : all;
}

type Config = EntryPointConfig | UplinkEntryPointConfig;

function drafts<C extends Config>(
  entryPoints: Readonly<Record<string, C>>,
  modelOf: (name: string, config: C) => EntryPointModel,
): EntryPointDraft[] {
  return Object.entries(entryPoints).map(([name, config]) => ({
    name,
    asDefault: config.asDefault ?? false,
    tls: config.http?.tls !== undefined,
    tlsOptions: config.http?.tls?.options,
    middlewares: config.http?.middlewares ?? [],
    model: modelOf(name, config),
  }));
}

/** Traefik's `:80/tcp` is `:80`. */
function listenAddress(written: string): string {
  return written.replace(/\/tcp$/, '');
}

function limitsOf(config: Config, http2: Http2Limits): ConnectionLimits {
  const timeouts = config.transport?.respondingTimeouts;
  const limits = config.limits;
  return {
    maxHeaderBytes: config.http?.maxHeaderBytes ?? 65_536,
    maxHeaderCount: limits?.maxHeaderCount ?? 100,
    headTimeoutMs: limits?.headTimeout ?? 10_000,
    bodyStallTimeoutMs: limits?.bodyStallTimeout ?? 60_000,
    readTimeoutMs: timeouts?.readTimeout ?? 0,
    writeTimeoutMs: timeouts?.writeTimeout ?? 0,
    idleTimeoutMs: timeouts?.idleTimeout ?? 180_000,
    maxConnectionsPerAddress: limits?.maxConnectionsPerAddress ?? 0,
    maxRequestBodyBytes: limits?.maxRequestBodyBytes ?? 0,
    http2: http2LimitsOf(config.http2, http2),
  };
}
