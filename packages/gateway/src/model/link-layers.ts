/** Gives parent routers the indexes of their children, once all routers have their places. */
import type { RouterModel } from './model.ts';
import { keyOf, type Resolution, showName } from './resolution.ts';
import type { RouterDraft } from './resolve-routers.ts';
import type { Services } from './resolve-services.ts';

/** The models of `drafts`, which are in the model's order. A parent none of whose children can serve answers 503. */
export function linkLayers(
  drafts: readonly RouterDraft[],
  services: Services,
  resolution: Resolution,
): readonly RouterModel[] {
  if (!drafts.some(({ isParent }) => isParent)) return drafts.map(({ model }) => model);
  const children = new Map<string, number[]>();
  for (const [index, { parents }] of drafts.entries()) {
    for (const parent of parents) {
      const key = keyOf(parent);
      const own = children.get(key);
      if (own === undefined) children.set(key, [index]);
      else own.push(index);
    }
  }
  const models = drafts.map(({ model, isParent }) => {
    if (!isParent || model.service >= 0) return model;
    const own = children.get(keyOf(model.name));
    if (own !== undefined) return { ...model, children: own };
    const reason = 'none of the routers that name it as their parent can serve';
    const name = showName(model.name);
    resolution.disable('router', name, reason);
    return { ...model, service: services.broken([name, 'internal'], 'router.disabled', reason) };
  });
  tellOrphans(drafts, models, resolution);
  return models;
}

/** Lists children that a mistake further up keeps requests from. Where there is nobody to listen yet, nothing is wrong. */
function tellOrphans(
  drafts: readonly RouterDraft[],
  models: readonly RouterModel[],
  resolution: Resolution,
): void {
  const reached = new Set<number>();
  for (const [index, { parents }] of drafts.entries()) if (parents.length === 0) reached.add(index);
  // A set takes in what is added while it is walked.
  for (const index of reached) for (const child of models[index]?.children ?? []) reached.add(child);
  const orphans = drafts.filter((_, index) => !reached.has(index));
  const disabled = new Set(
    resolution.disabled.flatMap(({ kind, name }) => (kind === 'router' ? [name] : [])),
  );
  // Each pass goes a layer further down.
  for (let found = true; found; ) {
    found = false;
    for (const { model, parents } of orphans) {
      const name = showName(model.name);
      if (disabled.has(name) || !parents.some((parent) => disabled.has(showName(parent)))) continue;
      resolution.disable('router', name, 'no request reaches it: its parents are disabled');
      disabled.add(name);
      found = true;
    }
  }
}
