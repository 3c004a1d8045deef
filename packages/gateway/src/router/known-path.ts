/** What a matcher says about paths: which it needs, and what is left of it once that much of the path is known. */
import { pathLiteral } from '../http/path-literal.ts';
import type { Matcher } from '../model/model.ts';
import { literalEnds } from '../rules/go-regexp-ends.ts';
import { assume } from './known-host.ts';

/** A canonical path, or the beginning of many. */
export interface PathKey {
  readonly path: string;
  readonly exact: boolean;
}

/** More alternatives than this are not worth a place each. */
const maxPaths = 1024;

/** Paths outside of which `matcher` never matches; undefined when it may match any path. */
export function requiredPaths(matcher: Matcher): readonly PathKey[] | undefined {
  switch (matcher.kind) {
    case 'path':
      return [{ path: pathLiteral(matcher.path), exact: true }];
    case 'pathPrefix':
      return [{ path: pathLiteral(matcher.path), exact: false }];
    case 'pathRegexp': {
      const { prefix } = literalEnds(matcher.regexp);
      return prefix === '' ? undefined : [{ path: prefix, exact: false }];
    }
    case 'and': {
      let best: readonly PathKey[] | undefined;
      for (const part of matcher.of) {
        const own = requiredPaths(part);
        if (own !== undefined && (best === undefined || says(own) > says(best))) best = own;
      }
      return best;
    }
    case 'or': {
      const paths: PathKey[] = [];
      for (const part of matcher.of) {
        const own = requiredPaths(part);
        if (own === undefined || paths.length + own.length > maxPaths) return undefined;
        paths.push(...own);
      }
      return paths;
    }
    default:
      return undefined;
  }
}

/** How much of a path the vaguest of `keys` fixes. */
function says(keys: readonly PathKey[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (const { path, exact } of keys) least = Math.min(least, exact ? path.length + 1000 : path.length);
  return least;
}

/** `matcher` for requests whose path is, or begins with, `key.path`: true, false, or what still has to be tested. */
export function assumePath(matcher: Matcher, key: PathKey): Matcher | boolean {
  return assume(matcher, (leaf) => {
    if (leaf.kind !== 'path' && leaf.kind !== 'pathPrefix') return leaf;
    const path = pathLiteral(leaf.path);
    if (key.exact) return leaf.kind === 'path' ? key.path === path : key.path.startsWith(path);
    if (leaf.kind === 'pathPrefix' && key.path.startsWith(path)) return true;
    return path.startsWith(key.path) ? leaf : false;
  });
}
