/** Decides which entrypoints speak TLS. */
import { defaultEntryPoints, type EntryPointDraft } from './resolve-entry-points.ts';
import type { DynamicSource } from './resolve-input.ts';

/** `both`: each connection is looked at. */
export type TlsEntryPoints = ReadonlyMap<string, 'tls' | 'both'>;

/**
 * The entrypoints that speak TLS, by name: those with `http.tls` nothing else, the others where routers have `tls`; where
 * some have it and some have not, both, as Traefik does everywhere.
 */
export function tlsEntryPoints(
  drafts: readonly EntryPointDraft[],
  sources: readonly DynamicSource[],
): TlsEntryPoints {
  const routers = new Map<string, Set<boolean>>(drafts.map(({ name }) => [name, new Set()]));
  const defaults = defaultEntryPoints(drafts).map(({ name }) => name);
  for (const source of sources) {
    for (const router of Object.values(source.config.http?.routers ?? {})) {
      if (router.uplinks !== undefined || (router.parentRefs ?? []).length > 0) continue;
      const { entryPoints = [] } = router;
      for (const name of entryPoints.length === 0 ? defaults : entryPoints)
        routers.get(name)?.add(router.tls !== undefined);
    }
  }
  const speaking = new Map<string, 'tls' | 'both'>();
  for (const { name, tls } of drafts) {
    const kinds = routers.get(name);
    if (tls) speaking.set(name, 'tls');
    else if (kinds?.has(true) === true) speaking.set(name, kinds.has(false) ? 'both' : 'tls');
  }
  return speaking;
}
