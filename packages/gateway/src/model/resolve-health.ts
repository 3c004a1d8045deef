/** Health checks with their defaults filled in. */
import type { AdvertisedHealthCheck, AdvertisedUplink } from '@ficus/common/uplink/advertisement.ts';
import type { HealthCheckConfig, PassiveHealthCheckConfig } from '../config/health-check.ts';
import type { HealthCheckModel, PassiveHealthCheckModel } from './model.ts';

/** A timer that shall wait for more than 24 days fires at once, and jitter adds some. */
const longestTimerMs = 20 * 24 * 3_600_000;
/** What an advertisement may say: no parent lets itself be sent to ask more often. */
const advertised = { shortest: { interval: 100, timeout: 10, window: 1 }, longest: 3_600_000 } as const;

export function healthCheckModel(config: HealthCheckConfig): HealthCheckModel {
  const intervalMs = timer(config.interval || 30_000);
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
    unhealthyIntervalMs: timer(config.unhealthyInterval || intervalMs),
    timeoutMs: timer(config.timeout || 5000),
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
    intervalMs: told(intervalMs, 'interval'),
    unhealthyIntervalMs: told(unhealthyIntervalMs, 'interval'),
    timeoutMs: told(timeoutMs, 'timeout'),
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
  const { failureWindowMs, maxFailedAttempts, readmissionMs } = passiveHealthCheckModel(config);
  return {
    failureWindowMs: told(failureWindowMs, 'window'),
    maxFailedAttempts,
    readmissionMs: readmissionMs === 0 ? 0 : told(readmissionMs, 'window'),
  };
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

function timer(ms: number): number {
  return Math.min(ms, longestTimerMs);
}

function told(ms: number, what: keyof typeof advertised.shortest): number {
  return Math.min(Math.max(Math.round(ms), advertised.shortest[what]), advertised.longest);
}
