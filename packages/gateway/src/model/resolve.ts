/** Configuration → model: names become indexes, defaults are filled in, what cannot serve is disabled alone. Pure. */
import type { ConfigProblem } from '@ficus/common/config/problem.ts';
import { linkLayers } from './link-layers.ts';
import type { EntryPointModel, TransportModel } from './model.ts';
import { withRedirections } from './redirections.ts';
import { Resolution } from './resolution.ts';
import { entryPointDrafts, uplinkEntryPointDrafts } from './resolve-entry-points.ts';
import type { Resolved, ResolveInput } from './resolve-input.ts';
import { Middlewares } from './resolve-middlewares.ts';
import { type RouterDraft, resolveRouters } from './resolve-routers.ts';
import { Services } from './resolve-services.ts';
import { resolveCertificates, resolveTls, TlsOptions } from './resolve-tls.ts';
import { resolveTlsHosts } from './resolve-tls-hosts.ts';
import { resolveTransports } from './resolve-transports.ts';
import { Uplinks } from './resolve-uplinks.ts';
import { RouterLayers } from './router-layers.ts';
import { tlsEntryPoints } from './tls-entry-points.ts';

/** Always a model: what is wrong is disabled and listed, with its place when the source knows it. */
export function resolve(input: ResolveInput): Resolved {
  const sources = withRedirections(input.dynamic, input.entryPoints);
  const resolution = new Resolution();
  const transports: TransportModel[] = [];
  const services = new Services(transports, resolveTransports(sources, transports, resolution), resolution);
  for (const fragment of input.extra ?? []) {
    const first = transports.length;
    transports.push(...fragment.transports);
    services.addFragment(fragment, first);
  }
  const middlewares = new Middlewares(services, resolution);
  services.middlewares = middlewares;
  const entryPoints = entryPointDrafts(input.entryPoints);
  const uplinkEntryPoints =
    input.uplinkEntryPoints &&
    (input.uplinkIdentity ? uplinkEntryPointDrafts(input.uplinkEntryPoints, input.uplinkIdentity) : []);
  const uplinks = new Uplinks(uplinkEntryPoints, resolution);
  for (const source of sources) {
    services.declare(source);
    middlewares.declare(source);
    uplinks.declare(source);
  }
  services.buildAll();
  middlewares.buildAll();
  const secure = tlsEntryPoints(entryPoints, sources);
  const layers = new RouterLayers(sources, resolution);
  const tlsOptions = new TlsOptions(sources, resolution);
  const listening = new Map();
  const context = {
    resolution,
    services,
    middlewares,
    uplinks,
    layers,
    entryPoints,
    secure,
    tlsOptions,
    listening,
  };
  const drafts = sources.flatMap((source) => [...resolveRouters(source, context)]).sort(byPriority);
  const routers = linkLayers(drafts, services, resolution);
  const certificates = resolveCertificates(sources, resolution);
  const tls = resolveTls(sources, tlsOptions, resolution);
  const publicEntryPoints = entryPoints.map((draft): EntryPointModel => {
    if (!secure.has(draft.name)) return { ...draft.model, tls: false };
    const tlsHosts = resolveTlsHosts(draft, drafts, tlsOptions, sources, resolution);
    const clear = secure.get(draft.name) === 'both' ? { clear: true } : {};
    return { ...draft.model, tls: true, ...clear, ...(tlsHosts === undefined ? {} : { tlsHosts }) };
  });
  return {
    model: {
      entryPoints: [
        ...publicEntryPoints,
        ...(uplinkEntryPoints ?? []).map(({ model }) => withTables(model, drafts)),
      ],
      routers,
      middlewares: middlewares.models,
      services: services.models,
      transports,
      certificates,
      ...(tls === undefined ? {} : { tls }),
    },
    disabled: resolution.disabled,
    uplinks: uplinks.resolved(drafts, routers, services.models),
    problems: mistakes(resolution),
  };
}

/** Higher first; then by provider, then by name. */
function byPriority({ model: a }: RouterDraft, { model: b }: RouterDraft): number {
  return b.priority - a.priority || compare(a.name[1], b.name[1]) || compare(a.name[0], b.name[0]);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function withTables(model: EntryPointModel, drafts: readonly RouterDraft[]): EntryPointModel {
  if (model.uplink === undefined) return model;
  const tables = new Map<string, number[]>();
  for (const [index, { uplinks }] of drafts.entries()) {
    for (const { uplink, entryPoint } of uplinks) {
      if (entryPoint !== model.name) continue;
      const table = tables.get(uplink.exposed) ?? [];
      if (table.at(-1) !== index) table.push(index);
      tables.set(uplink.exposed, table);
    }
  }
  return { ...model, uplink: { ...model.uplink, tables: [...tables].sort(([a], [b]) => compare(a, b)) } };
}

function mistakes(resolution: Resolution): readonly ConfigProblem[] {
  return resolution.disabled
    .filter((each) => !each.pending)
    .flatMap(({ problem }) => (problem === undefined ? [] : [problem]))
    .sort((a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column);
}
