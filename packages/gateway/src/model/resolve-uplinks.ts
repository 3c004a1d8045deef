/** Uplinks: exposed names, where they are reachable, what is advertised. */

import { didYouMean } from '@ficus/common/config/nearest.ts';
import { isExposedName } from '@ficus/common/names.ts';
import type { UplinkConfig } from '../config/dynamic.ts';
import type { QName, RouterModel, ServiceModel } from './model.ts';
import { Names, type Resolution, reference, showName } from './resolution.ts';
import { defaultEntryPoints, type EntryPointDraft } from './resolve-entry-points.ts';
import { advertisedHealthCheck, advertisedPassiveCheck } from './resolve-health.ts';
import type { DynamicSource, ResolvedUplink } from './resolve-input.ts';
import type { RouterDraft } from './resolve-routers.ts';

export interface UplinkDraft {
  readonly exposed: string;
  readonly config: UplinkConfig;
  readonly entryPoints: readonly EntryPointDraft[];
}

export class Uplinks {
  readonly #drafts = new Names<UplinkDraft>();
  readonly #exposed = new Map<string, string>();
  readonly #entryPoints: readonly EntryPointDraft[] | undefined;
  readonly #resolution: Resolution;

  /** `entryPoints` undefined: this node has no uplink entrypoints. */
  constructor(entryPoints: readonly EntryPointDraft[] | undefined, resolution: Resolution) {
    this.#entryPoints = entryPoints;
    this.#resolution = resolution;
  }

  declare(source: DynamicSource): void {
    for (const [name, config] of Object.entries(source.config.http?.uplinks ?? {})) {
      this.#declareOne(source, [name, source.provider], config);
    }
  }

  find(written: string, provider: string): UplinkDraft | { readonly missing: string } {
    const name = reference(written, provider);
    return this.#drafts.get(name) ?? { missing: this.#drafts.missing('uplink', written, name) };
  }

  /** What is advertised: uplinks that at least one router serves. `drafts` and `models` are in the model's order. */
  resolved(
    drafts: readonly RouterDraft[],
    models: readonly RouterModel[],
    services: readonly ServiceModel[],
  ): readonly ResolvedUplink[] {
    const routers = new Map<UplinkDraft, number[]>();
    for (const [index, { uplinks }] of drafts.entries()) {
      for (const { uplink } of uplinks) {
        const own = routers.get(uplink) ?? [];
        if (own.at(-1) !== index) own.push(index);
        routers.set(uplink, own);
      }
    }
    return [...routers]
      .map(([draft, indexes]) => resolvedUplink(draft, indexes, models, services))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  #declareOne(source: DynamicSource, name: QName, config: UplinkConfig): void {
    const path = ['http', 'uplinks', name[0]];
    const exposed = config.exposeName ?? name[0];
    const other = this.#exposed.get(exposed);
    const disable = (reason: string, key: readonly (string | number)[] = []) =>
      this.#resolution.disable('uplink', showName(name), reason, { source, path: [...path, ...key] });
    if (this.#entryPoints === undefined) {
      disable('this node has no uplink entrypoints: uplinks belong to children');
    } else if (!isExposedName(exposed)) {
      disable(
        `cannot be exposed as ${JSON.stringify(exposed)}: set exposeName to lower-case letters, digits, "-", "."`,
      );
    } else if (other !== undefined) {
      disable(`${JSON.stringify(exposed)} is already exposed by uplink ${other}`);
    } else {
      this.#exposed.set(exposed, showName(name));
    }
    // A disabled uplink stays known, so that its routers are not said to lead to nothing.
    const usable = this.#entryPoints !== undefined && this.#exposed.get(exposed) === showName(name);
    const entryPoints = usable ? this.#chosen(config, this.#entryPoints ?? [], disable) : [];
    this.#drafts.add(name, { exposed, config, entryPoints });
  }

  #chosen(
    config: UplinkConfig,
    all: readonly EntryPointDraft[],
    disable: (reason: string, key: readonly (string | number)[]) => void,
  ): readonly EntryPointDraft[] {
    const written = config.entryPoints ?? [];
    if (written.length === 0) return defaultEntryPoints(all);
    return written.flatMap((name, index) => {
      const draft = all.find((each) => each.name === name);
      if (draft !== undefined) return [draft];
      const near = didYouMean(
        name,
        all.map((each) => each.name),
      );
      disable(`no uplink entrypoint ${JSON.stringify(name)}${near}`, ['entryPoints', index]);
      return [];
    });
  }
}

function resolvedUplink(
  draft: UplinkDraft,
  routers: readonly number[],
  models: readonly RouterModel[],
  services: readonly ServiceModel[],
): ResolvedUplink {
  const { exposed, config, entryPoints } = draft;
  const { healthCheck, passiveHealthCheck } = config;
  return {
    name: exposed,
    weight: config.weight ?? 1,
    protocol: 'http',
    ...(healthCheck === undefined ? {} : { healthCheck: advertisedHealthCheck(healthCheck) }),
    ...(passiveHealthCheck === undefined
      ? {}
      : { passiveHealthCheck: advertisedPassiveCheck(passiveHealthCheck) }),
    entryPoints: entryPoints.map(({ name }) => name),
    routers,
    services: balancersBehind(servicesOf(routers, models), services),
  };
}

/** Services of these routers and of all that they lead to. */
function servicesOf(routers: readonly number[], models: readonly RouterModel[]): readonly number[] {
  const seen = new Set(routers);
  // A set takes in what is added while it is walked.
  for (const index of seen) for (const child of models[index]!.children ?? []) seen.add(child);
  return [...seen].flatMap((index) => (models[index]!.service < 0 ? [] : [models[index]!.service]));
}

/** Load balancers that these services lead to, each once. */
function balancersBehind(from: readonly number[], services: readonly ServiceModel[]): readonly QName[] {
  const seen = new Set<number>();
  const waiting = [...from];
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    if (seen.has(index)) continue;
    seen.add(index);
    const service = services[index];
    if (service?.kind === 'weighted') waiting.push(...service.legs.map((leg) => leg.service));
  }
  return [...seen]
    .sort((a, b) => a - b)
    .flatMap((index) => (services[index]?.kind === 'loadBalancer' ? [services[index].name] : []));
}
