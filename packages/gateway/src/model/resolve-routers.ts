/** Routers → drafts: one for each set of entrypoints that treat it alike. */
import { didYouMean } from '@ficus/common/config/nearest.ts';
import type { RouterConfig } from '../config/dynamic.ts';
import { parseRule, type RuleResult, ruleExcerpt } from '../rules/parse-rule.ts';
import type { Matcher, QName, RouterModel } from './model.ts';
import { type Resolution, reference, showName } from './resolution.ts';
import { defaultEntryPoints, type EntryPointDraft } from './resolve-entry-points.ts';
import type { DynamicSource } from './resolve-input.ts';
import type { Middlewares } from './resolve-middlewares.ts';
import type { Services } from './resolve-services.ts';
import type { TlsOptions } from './resolve-tls.ts';
import type { UplinkDraft, Uplinks } from './resolve-uplinks.ts';
import type { Layer, RouterLayers } from './router-layers.ts';
import type { TlsEntryPoints } from './tls-entry-points.ts';

/** A router before it has a place in the model's order. */
export interface RouterDraft {
  readonly model: RouterModel;
  /** Where it is reached through an uplink. */
  readonly uplinks: readonly { readonly uplink: UplinkDraft; readonly entryPoint: string }[];
  /** Routers that lead to it; then it listens nowhere itself. */
  readonly parents: readonly QName[];
  /** It leads to routers, which `linkLayers` finds. */
  readonly isParent: boolean;
  /** Index of the TLS options its hosts ask for; undefined without TLS of its own, and when there are no such options. */
  readonly tlsOptions: number | undefined;
}

export interface RouterContext {
  readonly resolution: Resolution;
  readonly services: Services;
  readonly middlewares: Middlewares;
  readonly uplinks: Uplinks;
  readonly layers: RouterLayers;
  readonly entryPoints: readonly EntryPointDraft[];
  readonly secure: TlsEntryPoints;
  /** What `entryPoints` and `tls` of a router come to, by how they are written: thousands write them alike. */
  readonly listening: Map<string, readonly Terms[]>;
  readonly tlsOptions: TlsOptions;
}

/** What a draft is made from beside the rule. */
interface Terms {
  readonly entryPoints?: readonly string[];
  readonly tls?: boolean;
  /** Of its entrypoints, before its own. */
  readonly middlewares?: readonly string[];
  /** `http.tls.options` of its entrypoints, for a router without `tls`. */
  readonly inheritedOptions?: string | undefined;
  readonly uplinks?: RouterDraft['uplinks'];
  readonly parents?: readonly QName[];
}

/** Every router of `source` that can be reached at all. */
export function resolveRouters(source: DynamicSource, context: RouterContext): readonly RouterDraft[] {
  return Object.entries(source.config.http?.routers ?? {}).flatMap(([name, config]) =>
    new RouterResolver(source, [name, source.provider], config, context).drafts(),
  );
}

/** Kept with the router as it was decoded, which stays the same object while it is not changed. */
const parsedRules = new WeakMap<RouterConfig, RuleResult>();

function parsedRule(config: RouterConfig): RuleResult {
  let parsed = parsedRules.get(config);
  if (parsed === undefined) {
    parsed = parseRule(config.rule);
    parsedRules.set(config, parsed);
  }
  return parsed;
}

class RouterResolver {
  readonly #source: DynamicSource;
  readonly #name: QName;
  readonly #config: RouterConfig;
  readonly #context: RouterContext;
  readonly #layer: Layer | undefined;

  constructor(source: DynamicSource, name: QName, config: RouterConfig, context: RouterContext) {
    this.#source = source;
    this.#name = name;
    this.#config = config;
    this.#context = context;
    this.#layer = context.layers.of(name);
  }

  drafts(): readonly RouterDraft[] {
    const { rule } = this.#config;
    const parsed = parsedRule(this.#config);
    if (!parsed.ok) {
      const reason = `bad rule at character ${parsed.offset + 1}: ${parsed.message}`;
      const shown = rule.trim() === '' ? {} : { excerpt: ruleExcerpt(rule, parsed.offset) };
      this.#disable(['rule'], reason, shown);
    }
    const terms = this.#terms();
    if (!parsed.ok || terms.length === 0) {
      this.#tellTheRest(terms);
      return [];
    }
    return terms.map((each) => this.#draft(parsed.matcher, each));
  }

  /** Of a router that is in no table: whoever mends it should know of all that is wrong with it. */
  #tellTheRest(terms: readonly Terms[]): void {
    for (const each of terms.length === 0 ? [{}] : terms) this.#parts(each);
    this.#alsoWithoutService();
  }

  /** One draft for each. */
  #terms(): readonly Terms[] {
    const layer = this.#layer;
    if (layer === undefined) return [];
    if (layer.parents.length > 0) return [{ parents: layer.parents }];
    const { uplinks } = this.#config;
    return uplinks === undefined ? this.#onEntryPoints() : this.#onUplinks(uplinks);
  }

  /** Entrypoints put their own middlewares first and decide on TLS: one draft for each set of these. */
  #onEntryPoints(): readonly Terms[] {
    const { listening, resolution } = this.#context;
    const written = `${this.#config.tls !== undefined} ${this.#config.entryPoints?.join('\0') ?? ''}`;
    let groups = listening.get(written);
    if (groups === undefined) {
      const before = resolution.disabled.length;
      groups = this.#groups();
      // What is wrong is told of every router, so only what is right is kept for the next.
      if (resolution.disabled.length === before) listening.set(written, groups);
    }
    return groups;
  }

  #groups(): readonly Terms[] {
    const groups = new Map<string, Terms & { readonly entryPoints: string[] }>();
    for (const { name, middlewares, tls: forced, tlsOptions: inherited } of this.#entryPoints()) {
      const tls = this.#config.tls !== undefined || forced;
      const tlsOptions = tls && this.#config.tls === undefined ? inherited : undefined;
      const key = JSON.stringify([tls, middlewares, tlsOptions]);
      const group = groups.get(key) ?? { tls, middlewares, inheritedOptions: tlsOptions, entryPoints: [] };
      group.entryPoints.push(name);
      groups.set(key, group);
    }
    return [...groups.values()];
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
    return written.length === 0 ? defaultEntryPoints(all) : found;
  }

  #onUplinks(written: readonly string[]): readonly Terms[] {
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
    return [...groups.values()].map((group) => ({ tls: true, ...group }));
  }

  #draft(matcher: Matcher, terms: Terms): RouterDraft {
    const { entryPoints = [], tls = false, uplinks = [], parents = [] } = terms;
    const { tlsOptions, middlewares } = this.#parts(terms);
    const wrong = [tlsOptions, middlewares].find((each) => typeof each === 'string');
    if (wrong !== undefined) this.#alsoWithoutService();
    const model: RouterModel = {
      name: this.#name,
      entryPoints,
      rule: this.#config.rule,
      matcher,
      priority: this.#config.priority || Buffer.byteLength(this.#config.rule),
      tls,
      middlewares: typeof middlewares === 'string' ? [] : middlewares,
      service: wrong === undefined ? this.#service() : this.#broken(wrong),
    };
    const isParent = this.#layer?.isParent === true;
    return {
      model,
      uplinks,
      parents,
      isParent,
      tlsOptions: typeof tlsOptions === 'number' ? tlsOptions : undefined,
    };
  }

  /** What else it is made of beside rule and service: indexes, or why there are none. */
  #parts({ tls = false, uplinks = [], inheritedOptions, middlewares = [] }: Terms) {
    return {
      tlsOptions: tls && uplinks.length === 0 ? this.#tlsOptions(inheritedOptions) : undefined,
      middlewares: this.#middlewares(middlewares),
    };
  }

  /** Index, or why there are none: a router whose clients were to show certificates must not serve without. */
  #tlsOptions(inherited: string | undefined): number | string {
    const found = this.#context.tlsOptions.find(
      this.#config.tls?.options ?? inherited ?? 'default',
      inherited === undefined ? this.#source.provider : 'file',
    );
    if (typeof found === 'number') return found;
    const reason = inherited === undefined ? found.missing : `of its entrypoint: ${found.missing}`;
    this.#disable(this.#config.tls?.options === undefined ? [] : ['tls', 'options'], reason);
    return reason;
  }

  /** Indexes, or why one is missing: a router without one of its middlewares (a login, say) must not serve. */
  #middlewares(before: readonly string[]): readonly number[] | string {
    const { middlewares } = this.#context;
    const found: number[] = [];
    let wrong: string | undefined;
    for (const written of before) {
      const indexes = middlewares.find(written, 'file');
      if ('missing' in indexes) {
        const reason = `of its entrypoint: ${indexes.missing}`;
        this.#disable([], reason);
        wrong ??= reason;
      } else {
        found.push(...indexes);
      }
    }
    for (const [position, written] of (this.#config.middlewares ?? []).entries()) {
      const indexes = middlewares.find(written, this.#source.provider);
      if ('missing' in indexes) {
        this.#disable(['middlewares', position], indexes.missing);
        wrong ??= indexes.missing;
      } else {
        found.push(...indexes);
      }
    }
    return wrong ?? found;
  }

  /** Of a router that is disabled anyhow: whoever mends it should know of its service too. */
  #alsoWithoutService(): void {
    const written = this.#config.service;
    if (written === undefined || this.#layer?.isParent === true) return;
    const found = this.#context.services.find(written, this.#source.provider);
    if (typeof found !== 'number' && !found.pending) this.#disable(['service'], found.missing);
  }

  #broken(reason: string): number {
    return this.#context.services.broken([showName(this.#name), 'internal'], 'router.disabled', reason);
  }

  /** The index of its service; -1 when it leads to routers instead. */
  #service(): number {
    const { services } = this.#context;
    const written = this.#config.service;
    const isParent = this.#layer?.isParent === true;
    if (written === undefined) {
      if (isParent) return -1;
      const reason = 'it leads nowhere: it has no service, and no router names it in parentRefs';
      this.#disable([], reason);
      return this.#broken(reason);
    }
    // What is wrong was listed with the layers.
    if (isParent) return this.#broken('it has a service and is the parent of routers');
    const found = services.find(written, this.#source.provider);
    if (typeof found === 'number') return found;
    this.#disable(['service'], found.missing, { pending: found.pending });
    const wanted = reference(written, this.#source.provider);
    return services.broken(wanted, found.pending ? 'service.pending' : 'service.unknown', found.missing);
  }

  #disable(
    path: readonly (string | number)[],
    reason: string,
    more: { readonly pending?: boolean; readonly excerpt?: string } = {},
  ): void {
    const where = { source: this.#source, path: ['http', 'routers', this.#name[0], ...path], ...more };
    this.#context.resolution.disable('router', showName(this.#name), reason, where);
  }
}
