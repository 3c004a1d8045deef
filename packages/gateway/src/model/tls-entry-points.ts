/** Decides which entrypoints speak TLS. */

import { defaultEntryPoints, type EntryPointDraft } from './resolve-entry-points.ts';
import type { DynamicSource } from './resolve-input.ts';

/**
 * Names of the TLS entrypoints: those with `http.tls`, and those where every router has `tls` (the routers that name
 * the entrypoint count; where none does, those that listen on it by default). A single router can so never turn a
 * port that others use in the clear into a TLS one.
 */
export function tlsEntryPoints(
  drafts: readonly EntryPointDraft[],
  sources: readonly DynamicSource[],
): ReadonlySet<string> {
  const named = new Map<string, boolean[]>();
  const byDefault: boolean[] = [];
  for (const source of sources) {
    for (const router of Object.values(source.config.http?.routers ?? {})) {
      if (router.uplinks !== undefined || (router.parentRefs ?? []).length > 0) continue;
      const tls = router.tls !== undefined;
      if (router.entryPoints === undefined || router.entryPoints.length === 0) byDefault.push(tls);
      for (const name of router.entryPoints ?? []) {
        const routers = named.get(name) ?? [];
        routers.push(tls);
        named.set(name, routers);
      }
    }
  }
  const defaults = new Set(defaultEntryPoints(drafts).map(({ name }) => name));
  const secure = drafts.filter(({ name, tls }) => {
    const routers = named.get(name) ?? (defaults.has(name) ? byDefault : []);
    return tls || (routers.length > 0 && routers.every(Boolean));
  });
  return new Set(secure.map(({ name }) => name));
}
