/** Health checks with their defaults filled in. */
import type { AdvertisedHealthCheck, AdvertisedUplink } from '@ficus/common/uplink/advertisement.ts';
import type { HealthCheckConfig, PassiveHealthCheckConfig } from '../config/health-check.ts';
import type { HealthCheckModel, PassiveHealthCheckModel } from './model.ts';

export function healthCheckModel(config: HealthCheckConfig): HealthCheckModel {
  const intervalMs = config.interval || 30_000;
  return {
    mode: config.mode ?? 'http',
    // Without one only with `mode: grpc`, which has its own.
    path: config.path ?? '/',
    ...(config.scheme === undefined ? {} : { scheme: config.scheme }),
    ...(config.hostname === undefined ? {} : { hostname: config.hostname }),
    ...(config.port === undefined ? {} : { port: config.port }),
    method: (config.method ?? 'GET').toUpperCase(),
    status: config.status ?? 0,
    headers: Object.entries(config.headers ?? {}).map(
      ([name, value]) => [name.toLowerCase(), value] as const,
    ),
    intervalMs,
    unhealthyIntervalMs: config.unhealthyInterval || intervalMs,
    timeoutMs: config.timeout || 5000,
    followRedirects: config.followRedirects ?? true,
    healthyThreshold: config.healthyThreshold ?? 1,
    unhealthyThreshold: config.unhealthyThreshold ?? 1,
    initialState: config.initialState ?? 'up',
  };
}

/** What a parent is told: without what makes no sense through an uplink (scheme, port, redirects). */
export function advertisedHealthCheck(config: HealthCheckConfig): AdvertisedHealthCheck {
  const { mode, path, method, status, intervalMs, unhealthyIntervalMs, timeoutMs, hostname, headers } =
    healthCheckModel(config);
  const { healthyThreshold, unhealthyThreshold, initialState } = config;
  return {
    ...(mode === 'grpc' ? { mode } : {}),
    path,
    method,
    status,
    intervalMs,
    unhealthyIntervalMs,
    timeoutMs,
    ...(healthyThreshold === undefined ? {} : { healthyThreshold }),
    ...(unhealthyThreshold === undefined ? {} : { unhealthyThreshold }),
    ...(initialState === undefined ? {} : { initialState }),
    ...(hostname === undefined ? {} : { hostname }),
    ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }),
  };
}

/** What a parent is told: without how many may be ejected, for it has one address of a child as a rule. */
export function advertisedPassiveCheck(
  config: PassiveHealthCheckConfig,
): NonNullable<AdvertisedUplink['passiveHealthCheck']> {
  const { maxEjectedPercent: _, ...told } = passiveHealthCheckModel(config);
  return told;
}

export function passiveHealthCheckModel(config: PassiveHealthCheckConfig): PassiveHealthCheckModel {
  const failureWindowMs = config.failureWindow || 10_000;
  return {
    failureWindowMs,
    maxFailedAttempts: config.maxFailedAttempts ?? 1,
    readmissionMs: config.readmission ?? failureWindowMs,
    maxEjectedPercent: config.maxEjectedPercent ?? 50,
  };
}
