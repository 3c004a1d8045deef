/** Routers → drafts: one for each set of entrypoints that treat it alike. */
import { didYouMean } from '@ficus/common/config/nearest.ts';
import type { RouterConfig } from '../config/dynamic.ts';
import { parseRule } from '../rules/parse-rule.ts';
import type { Matcher, QName, RouterModel } from './model.ts';
import { type Resolution, reference, showName } from './resolution.ts';
import { defaultEntryPoints, type EntryPointDraft } from './resolve-entry-points.ts';
import type { DynamicSource } from './resolve-input.ts';
import type { Middlewares } from './resolve-middlewares.ts';
import type { Services } from './resolve-services.ts';
import type { UplinkDraft, Uplinks } from './resolve-uplinks.ts';

/** A router before it has a place in the model's order. */
export interface RouterDraft {
  readonly model: RouterModel;
  /** Where it is reached through an uplink. */
  readonly uplinks: readonly { readonly uplink: UplinkDraft; readonly entryPoint: string }[];
}

export interface RouterContext {
  readonly resolution: Resolution;
  readonly services: Services;
  readonly middlewares: Middlewares;
  readonly uplinks: Uplinks;
  readonly entryPoints: readonly EntryPointDraft[];
  /** Names of TLS entrypoints. */
  readonly secure: ReadonlySet<string>;
}

/** Every router of `source` that can be reached at all. */
export function resolveRouters(source: DynamicSource, context: RouterContext): readonly RouterDraft[] {
  return Object.entries(source.config.http?.routers ?? {}).flatMap(([name, config]) =>
    new RouterResolver(source, [name, source.provider], config, context).drafts(),
  );
}

class RouterResolver {
  readonly #source: DynamicSource;
  readonly #name: QName;
  readonly #config: RouterConfig;
  readonly #context: RouterContext;

  constructor(source: DynamicSource, name: QName, config: RouterConfig, context: RouterContext) {
    this.#source = source;
    this.#name = name;
    this.#config = config;
    this.#context = context;
  }

  drafts(): readonly RouterDraft[] {
    const parsed = parseRule(this.#config.rule);
    if (!parsed.ok) {
      this.#disable(['rule'], `bad rule at character ${parsed.offset + 1}: ${parsed.message}`);
      return [];
    }
    return this.#config.uplinks === undefined
      ? this.#onEntryPoints(parsed.matcher)
      : this.#onUplinks(parsed.matcher, this.#config.uplinks);
  }

  /** Entrypoints put their own middlewares first and decide on TLS: one draft for each set of these. */
  #onEntryPoints(matcher: Matcher): RouterDraft[] {
    const groups = new Map<string, { tls: boolean; middlewares: readonly string[]; entryPoints: string[] }>();
    for (const { name, middlewares, tls: forced } of this.#entryPoints()) {
      const secure = this.#context.secure.has(name);
      const tls = this.#config.tls !== undefined || forced;
      if (tls && !secure) continue;
      const key = JSON.stringify([tls, middlewares]);
      const group = groups.get(key) ?? { tls, middlewares, entryPoints: [] };
      group.entryPoints.push(name);
      groups.set(key, group);
    }
    return [...groups.values()].map(({ tls, middlewares, entryPoints }) => ({
      model: this.#model(matcher, entryPoints, tls, middlewares),
      uplinks: [],
    }));
  }

  #entryPoints(): readonly EntryPointDraft[] {
    const all = this.#context.entryPoints;
    const written = this.#config.entryPoints ?? [];
    if (all.length === 0) {
      this.#disable([], 'there is no entrypoint that it could listen on, and it has no uplinks');
      return [];
    }
    const found = written.flatMap((name, index) => {
      const draft = all.find((each) => each.name === name);
      if (draft !== undefined) return [draft];
      const known = all.map((each) => each.name);
      this.#disable(
        ['entryPoints', index],
        `no entrypoint ${JSON.stringify(name)}${didYouMean(name, known)}`,
      );
      return [];
    });
    const chosen = written.length === 0 ? defaultEntryPoints(all) : found;
    const clear = chosen.filter(({ name }) => !this.#context.secure.has(name));
    if (this.#config.tls !== undefined && chosen.length > 0 && clear.length === chosen.length) {
      const names = clear.map(({ name }) => JSON.stringify(name)).join(', ');
      this.#disable(
        ['tls'],
        `it wants TLS, but entrypoint ${names} also serves routers without: set http.tls there`,
      );
    }
    return chosen;
  }

  #onUplinks(matcher: Matcher, written: readonly string[]): RouterDraft[] {
    const groups = new Map<
      string,
      { middlewares: readonly string[]; uplinks: RouterDraft['uplinks'][number][] }
    >();
    for (const [index, name] of written.entries()) {
      const uplink = this.#context.uplinks.find(name, this.#source.provider);
      if ('missing' in uplink) {
        this.#disable(['uplinks', index], uplink.missing);
        continue;
      }
      for (const { name: entryPoint, middlewares } of uplink.entryPoints) {
        const key = JSON.stringify(middlewares);
        const group = groups.get(key) ?? { middlewares, uplinks: [] };
        group.uplinks.push({ uplink, entryPoint });
        groups.set(key, group);
      }
    }
    return [...groups.values()].map(({ middlewares, uplinks }) => ({
      model: this.#model(matcher, [], true, middlewares),
      uplinks,
    }));
  }

  #model(matcher: Matcher, entryPoints: string[], tls: boolean, before: readonly string[]): RouterModel {
    const middlewares = this.#middlewares(before);
    return {
      name: this.#name,
      entryPoints,
      rule: this.#config.rule,
      matcher,
      priority: this.#config.priority || this.#config.rule.length,
      tls,
      middlewares: typeof middlewares === 'string' ? [] : middlewares,
      service: typeof middlewares === 'string' ? this.#broken(middlewares) : this.#service(),
    };
  }

  /** Indexes, or why one is missing: a router without one of its middlewares (a login, say) must not serve. */
  #middlewares(before: readonly string[]): readonly number[] | string {
    const { middlewares } = this.#context;
    const found: number[] = [];
    for (const written of before) {
      const index = middlewares.find(written, 'file');
      if (typeof index !== 'number') {
        const reason = `of its entrypoint: ${index.missing}`;
        this.#disable([], reason);
        return reason;
      }
      found.push(index);
    }
    for (const [position, written] of (this.#config.middlewares ?? []).entries()) {
      const index = middlewares.find(written, this.#source.provider);
      if (typeof index !== 'number') {
        this.#disable(['middlewares', position], index.missing);
        return index.missing;
      }
      found.push(index);
    }
    return found;
  }

  #broken(reason: string): number {
    return this.#context.services.broken([showName(this.#name), 'internal'], 'router.disabled', reason);
  }

  #service(): number {
    const { services } = this.#context;
    const found = services.find(this.#config.service, this.#source.provider);
    if (typeof found === 'number') return found;
    this.#disable(['service'], found.missing, found.pending);
    const wanted = reference(this.#config.service, this.#source.provider);
    return services.broken(wanted, found.pending ? 'service.pending' : 'service.unknown', found.missing);
  }

  #disable(path: readonly (string | number)[], reason: string, pending = false): void {
    const where = { source: this.#source, path: ['http', 'routers', this.#name[0], ...path], pending };
    this.#context.resolution.disable('router', showName(this.#name), reason, where);
  }
}
