/** Reads one uplink of an advertisement: name, weight, health checks. */
import { isExposedName } from '../names.ts';
import {
  type AdvertisedHealthCheck,
  type AdvertisedUplink,
  advertisementLimits,
  uplinkHeader,
} from './advertisement.ts';
import { found, isRecord, plainText, Refusal, wholeNumber } from './fields.ts';

const hour = 3_600_000;
const badCheck = 'advertisement.health-check';
/** Methods a health check may use; CONNECT and TRACE would mean something to the proxies on the way. */
const methods = new Set(['GET', 'HEAD', 'OPTIONS', 'POST']);
/** Fields the parent sets itself or that change how a message is framed. */
const managed = new Set([
  uplinkHeader,
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
  'expect',
  'keep-alive',
]);

/** Decodes one element of `uplinks`; throws a `Refusal` that says which field. */
export function decodeUplink(item: unknown): AdvertisedUplink {
  if (!isRecord(item)) throw new Refusal('advertisement.field', `want an object, found ${found(item)}`);
  const { name, weight, protocol, healthCheck, passiveHealthCheck, endpoints } = item;
  if (typeof name !== 'string' || !isExposedName(name)) {
    throw new Refusal(
      'advertisement.name',
      `name: want lower-case letters, digits, "-" and ".", at most 253, found ${found(name)}`,
    );
  }
  if (protocol !== 'http') {
    throw new Refusal('advertisement.protocol', `protocol: want "http", found ${found(protocol)}`);
  }
  return {
    name,
    weight:
      weight === undefined
        ? 1
        : wholeNumber(weight, 'weight', 0, advertisementLimits.weight, 'advertisement.weight'),
    protocol,
    ...(healthCheck === undefined ? {} : { healthCheck: decodeHealthCheck(healthCheck) }),
    ...(passiveHealthCheck === undefined ? {} : { passiveHealthCheck: decodePassive(passiveHealthCheck) }),
    endpoints: decodeEndpoints(endpoints),
  };
}

function decodeEndpoints(value: unknown): AdvertisedUplink['endpoints'] {
  if (!isRecord(value))
    throw new Refusal('advertisement.field', `endpoints: want an object, found ${found(value)}`);
  const total = wholeNumber(value['total'], 'endpoints.total', 0, 1_000_000);
  return { healthy: wholeNumber(value['healthy'], 'endpoints.healthy', 0, total), total };
}

function decodePassive(value: unknown): NonNullable<AdvertisedUplink['passiveHealthCheck']> {
  if (!isRecord(value))
    throw new Refusal(badCheck, `passiveHealthCheck: want an object, found ${found(value)}`);
  const { failureWindowMs, maxFailedAttempts, readmissionMs } = value;
  return {
    failureWindowMs: wholeNumber(failureWindowMs, 'passiveHealthCheck.failureWindowMs', 1, hour, badCheck),
    maxFailedAttempts: wholeNumber(
      maxFailedAttempts,
      'passiveHealthCheck.maxFailedAttempts',
      1,
      1_000_000,
      badCheck,
    ),
    ...(readmissionMs === undefined
      ? {}
      : {
          readmissionMs: wholeNumber(readmissionMs, 'passiveHealthCheck.readmissionMs', 0, hour, badCheck),
        }),
  };
}

/** Intervals have a floor: a child must not be able to order thousands of probes a second from its parent. */
function decodeHealthCheck(value: unknown): AdvertisedHealthCheck {
  if (!isRecord(value)) throw new Refusal(badCheck, `healthCheck: want an object, found ${found(value)}`);
  const { mode, path, method, status, initialState, hostname, headers } = value;
  const number = (field: string, min: number, max: number) =>
    wholeNumber(value[field], `healthCheck.${field}`, min, max, badCheck);
  if (mode !== undefined && mode !== 'http' && mode !== 'grpc') {
    throw new Refusal(badCheck, `healthCheck.mode: want "http" or "grpc", found ${found(mode)}`);
  }
  if (typeof path !== 'string' || path.length > 2048 || !/^\/[\x21\x22\x24-\x7e]*$/.test(path)) {
    throw new Refusal(badCheck, `healthCheck.path: want a path that starts with "/", found ${found(path)}`);
  }
  if (typeof method !== 'string' || !methods.has(method)) {
    throw new Refusal(
      badCheck,
      `healthCheck.method: want one of ${[...methods].join(', ')}, found ${found(method)}`,
    );
  }
  if (status !== 0) number('status', 100, 599);
  if (initialState !== undefined && initialState !== 'up' && initialState !== 'down') {
    throw new Refusal(
      badCheck,
      `healthCheck.initialState: want "up" or "down", found ${found(initialState)}`,
    );
  }
  if (
    hostname !== undefined &&
    !/^[a-z0-9._:[\]-]+$/i.test(plainText(hostname, 'healthCheck.hostname', 255, badCheck))
  ) {
    throw new Refusal(badCheck, `healthCheck.hostname: want a host name, found ${found(hostname)}`);
  }
  return {
    ...(mode === undefined ? {} : { mode }),
    path,
    method,
    status: status as number,
    intervalMs: number('intervalMs', 100, hour),
    unhealthyIntervalMs: number('unhealthyIntervalMs', 100, hour),
    timeoutMs: number('timeoutMs', 10, hour),
    ...(value['healthyThreshold'] === undefined
      ? {}
      : { healthyThreshold: number('healthyThreshold', 1, 100) }),
    ...(value['unhealthyThreshold'] === undefined
      ? {}
      : { unhealthyThreshold: number('unhealthyThreshold', 1, 100) }),
    ...(initialState === undefined ? {} : { initialState }),
    ...(hostname === undefined ? {} : { hostname: hostname as string }),
    ...(headers === undefined ? {} : { headers: decodeHeaders(headers) }),
  };
}

function decodeHeaders(value: unknown): Readonly<Record<string, string>> {
  if (!isRecord(value))
    throw new Refusal(badCheck, `healthCheck.headers: want an object, found ${found(value)}`);
  const entries = Object.entries(value);
  if (entries.length > 32) {
    throw new Refusal(badCheck, `healthCheck.headers: want at most 32, found ${entries.length}`);
  }
  for (const [name, text] of entries) {
    // No underscore: servers fold it to "-", and the name would become one that is managed here.
    if (name.length > 128 || !/^[!#$%&'*+.^`|~0-9a-z-]+$/i.test(name) || managed.has(name.toLowerCase())) {
      throw new Refusal(
        badCheck,
        `healthCheck.headers: want a header name free to set, found ${found(name)}`,
      );
    }
    if (typeof text !== 'string' || text.length > 1024 || !/^[\x20-\x7e]*$/.test(text)) {
      throw new Refusal(
        badCheck,
        `healthCheck.headers.${name}: want printable characters, found ${found(text)}`,
      );
    }
  }
  return Object.fromEntries(entries) as Record<string, string>;
}
