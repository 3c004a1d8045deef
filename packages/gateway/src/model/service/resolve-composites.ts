/** Services of services as written → as the data plane is told of them. */
import type { FailoverConfig } from '../../config/service-kinds/failover.ts';
import type { MirroringConfig } from '../../config/service-kinds/mirroring.ts';
import type { HighestRandomWeightConfig, WeightedConfig } from '../../config/service-kinds/weighted.ts';
import type { StatusRange } from '../../service/retry-policy.ts';
import { legKeys } from '../leg-keys.ts';
import type { QName } from '../model.ts';
import { reference } from '../resolution.ts';
import { hashKeyOf } from './hash-key.ts';
import type {
  FailoverModel,
  HighestRandomWeightModel,
  MirroringModel,
  MirrorModel,
  ServiceModel,
  WeightedModel,
} from './models.ts';
import { stickyModel } from './sticky.ts';

/** Why a service is not built, or why a part of one is not: `path` is where below the service's kind to look. */
export interface Missing {
  readonly missing: string;
  readonly path: readonly (string | number)[];
  /** It may come yet. */
  readonly pending: boolean;
  /** It leads back to the service itself. */
  readonly loop?: boolean;
}

/** Finds a service by name, and hears of parts that are left out. */
export interface Lookup {
  readonly provider: string;
  find(written: string, path: readonly (string | number)[]): number | Missing;
  leftOut(what: string, why: Missing): void;
}

const defaultBodyBytes = 1_048_576;

/** Codes and ranges that their format has let through. */
export function statusRanges(written: readonly string[]): readonly StatusRange[] {
  return written.map((each) => {
    const [from = '', to = from] = each.split('-');
    return [Number(from), Number(to)] as const;
  });
}

/** A leg that cannot be built is left out, and its share goes to the others: as if it were down. */
export function weightedModel(
  name: QName,
  config: WeightedConfig,
  circuitBreaker: Pick<WeightedModel, 'circuitBreaker'>,
  lookup: Lookup,
): WeightedModel | Missing {
  const legs = legsOf(config.services, lookup);
  if ('missing' in legs) return legs;
  return {
    kind: 'weighted',
    name,
    legs: legs.map((leg) => ({ ...leg, mode: 'active' })),
    ...(config.sticky === undefined ? {} : { sticky: stickyModel(name, config.sticky) }),
    ...circuitBreaker,
  };
}

export function highestRandomWeightModel(
  name: QName,
  config: HighestRandomWeightConfig,
  lookup: Lookup,
): HighestRandomWeightModel | Missing {
  const legs = legsOf(config.services, lookup);
  if ('missing' in legs) return legs;
  return { kind: 'highestRandomWeight', name, hashOn: hashKeyOf(config.hashOn ?? 'clientIP'), legs };
}

type Leg = HighestRandomWeightModel['legs'][number];

function legsOf(
  services: readonly { readonly name: string; readonly weight?: number }[],
  lookup: Lookup,
): readonly Leg[] | Missing {
  const keys = legKeys(services.map((leg) => reference(leg.name, lookup.provider)));
  const legs: Leg[] = [];
  let pending = true;
  for (const [index, { name, weight }] of services.entries()) {
    const found = lookup.find(name, ['services', index, 'name']);
    if (typeof found === 'number') {
      legs.push({ key: keys[index] as string, service: found, weight: weight ?? 1 });
      continue;
    }
    if (found.loop === true) return found;
    lookup.leftOut('leg', found);
    pending &&= found.pending;
  }
  if (legs.length > 0) return legs;
  const missing = pending ? 'none of its services is there yet' : 'none of its services can be built';
  return { missing, path: [], pending };
}

/** A mirror that cannot be built is left out: the service itself serves. */
export function mirroringModel(
  name: QName,
  config: MirroringConfig,
  lookup: Lookup,
): MirroringModel | Missing {
  const service = lookup.find(config.service, ['service']);
  if (typeof service !== 'number') return service;
  const keys = legKeys((config.mirrors ?? []).map((mirror) => reference(mirror.name, lookup.provider)));
  const mirrors: MirrorModel[] = [];
  for (const [index, mirror] of (config.mirrors ?? []).entries()) {
    const found = lookup.find(mirror.name, ['mirrors', index, 'name']);
    if (typeof found !== 'number') {
      if (found.loop === true) return found;
      lookup.leftOut('mirror', found);
      continue;
    }
    mirrors.push({
      key: keys[index] as string,
      service: found,
      percent: mirror.percent ?? 100,
      ...(mirror.hashOn === undefined ? {} : { hashOn: hashKeyOf(mirror.hashOn) }),
      ...(mirror.methods === undefined
        ? {}
        : { methods: mirror.methods.map((method) => method.toUpperCase()) }),
    });
  }
  const { maxBodySize = -1 } = config;
  return {
    kind: 'mirroring',
    name,
    service,
    mirrors,
    mirrorBody: config.mirrorBody ?? true,
    ...(maxBodySize < 0 ? {} : { maxBodyBytes: maxBodySize }),
    timeoutMs: config.timeout || 30_000,
    maxInFlight: config.maxInFlight ?? 100,
  };
}

/** Without one of its two it serves from the other, as if that were down. */
export function failoverModel(name: QName, config: FailoverConfig, lookup: Lookup): ServiceModel | Missing {
  const service = lookup.find(config.service, ['service']);
  const fallback = lookup.find(config.fallback, ['fallback']);
  if (typeof service !== 'number' && (service.loop === true || typeof fallback !== 'number')) return service;
  if (typeof fallback !== 'number' && fallback.loop === true) return fallback;
  if (typeof service !== 'number') lookup.leftOut('service', service);
  if (typeof fallback !== 'number') lookup.leftOut('fallback', fallback);
  const one = typeof service === 'number' ? service : (fallback as number);
  const two = typeof fallback === 'number' ? fallback : one;
  const { errors } = config;
  const most = errors?.maxRequestBodyBytes ?? -1;
  const model: FailoverModel = {
    kind: 'failover',
    name,
    service: one,
    fallback: two,
    ...(errors === undefined || one === two
      ? {}
      : {
          errors: {
            statuses: statusRanges(errors.status),
            maxBodyBytes: most < 0 ? defaultBodyBytes : most,
            replayNonIdempotent: errors.replayNonIdempotent ?? false,
          },
        }),
  };
  return model;
}
