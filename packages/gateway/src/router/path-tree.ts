/** Routers by path: a radix tree in which a request meets every prefix of its path, and its whole path, on one walk. */
import type { RequestHead } from '../http/message.ts';
import type { Candidates, Entry } from './candidates.ts';
import { collectGroups, type EntryGroup, groupEntries, type Valued } from './entry-groups.ts';
import type { PathKey } from './known-path.ts';

export interface PathNode<T> {
  /** Characters between the parent and here; never empty but for the root. */
  edge: string;
  /** The only child, or all of them by the first character of their edges. */
  only: PathNode<T> | undefined;
  children: (PathNode<T> | undefined)[] | undefined;
  /** Routers of all paths that come by. */
  prefix: Entry<T> | undefined;
  prefixGroups: readonly EntryGroup<T>[] | undefined;
  /** Routers of the path that ends here. */
  exact: Entry<T> | undefined;
  exactGroups: readonly EntryGroup<T>[] | undefined;
}

/** A router where its path puts it. */
export interface Spotted<T> extends Valued<T> {
  readonly at: PathKey;
}

/** The tree of `all`, which are in order of rank. */
export function pathTree<T>(all: readonly Spotted<T>[]): PathNode<T> {
  const root = pathNode<T>('', undefined);
  const prefixes = new Map<string, Spotted<T>[]>();
  const exacts = new Map<string, Spotted<T>[]>();
  for (const one of all) {
    const byPath = one.at.exact ? exacts : prefixes;
    const own = byPath.get(one.at.path);
    if (own === undefined) byPath.set(one.at.path, [one]);
    else own.push(one);
  }
  for (const [path, own] of prefixes) {
    const node = nodeAt(root, path);
    ({ plain: node.prefix, groups: node.prefixGroups } = groupEntries(own));
  }
  for (const [path, own] of exacts) {
    const node = nodeAt(root, path);
    ({ plain: node.exact, groups: node.exactGroups } = groupEntries(own));
  }
  return root;
}

export function pathNode<T>(edge: string, prefix: Entry<T> | undefined): PathNode<T> {
  return {
    edge,
    only: undefined,
    children: undefined,
    prefix,
    prefixGroups: undefined,
    exact: undefined,
    exactGroups: undefined,
  };
}

/** Adds the chains that `request` meets on its way down from `root`. */
export function collectByPath<T>(root: PathNode<T>, request: RequestHead, into: Candidates<T>): void {
  const path = request.path;
  const length = path.length;
  let here = root;
  for (let at = 0; ; ) {
    if (here.prefix !== undefined) into.add(here.prefix);
    if (here.prefixGroups !== undefined) collectGroups(here.prefixGroups, request, into);
    if (at === length) {
      if (here.exact !== undefined) into.add(here.exact);
      if (here.exactGroups !== undefined) collectGroups(here.exactGroups, request, into);
      return;
    }
    const next = here.only ?? here.children?.[path.charCodeAt(at)];
    if (next === undefined) return;
    // By hand: most edges are a character or two, for which startsWith costs more than the rest of the step.
    const edge = next.edge;
    for (let i = 0; i < edge.length; i++, at++) if (path.charCodeAt(at) !== edge.charCodeAt(i)) return;
    here = next;
  }
}

/** The node for `path`, made where there is none. */
function nodeAt<T>(root: PathNode<T>, path: string): PathNode<T> {
  let here = root;
  for (let at = 0; at < path.length; ) {
    const next = childAt(here, path.charCodeAt(at));
    if (next === undefined) {
      const leaf = pathNode<T>(path.slice(at), undefined);
      setChild(here, leaf);
      return leaf;
    }
    const shared = sharedLength(next.edge, path, at);
    if (shared < next.edge.length) {
      const between = pathNode<T>(next.edge.slice(0, shared), undefined);
      // Before its edge gets shorter: it is by the first character that it is found and replaced.
      setChild(here, between);
      next.edge = next.edge.slice(shared);
      setChild(between, next);
      here = between;
    } else {
      here = next;
    }
    at += shared;
  }
  return here;
}

function childAt<T>({ only, children }: PathNode<T>, code: number): PathNode<T> | undefined {
  if (children !== undefined) return children[code];
  return only?.edge.charCodeAt(0) === code ? only : undefined;
}

/** In place of the child whose edge begins alike. */
function setChild<T>(parent: PathNode<T>, child: PathNode<T>): void {
  const code = child.edge.charCodeAt(0);
  const { only } = parent;
  if (parent.children === undefined) {
    if (only === undefined || only.edge.charCodeAt(0) === code) {
      parent.only = child;
      return;
    }
    parent.children = [];
    put(parent.children, only.edge.charCodeAt(0), only);
    parent.only = undefined;
  }
  put(parent.children, code, child);
}

/** Keeps the array without holes: literal paths are ASCII, so it never gets long. */
function put<T>(children: (T | undefined)[], code: number, child: T): void {
  while (children.length <= code) children.push(undefined);
  children[code] = child;
}

function sharedLength(edge: string, path: string, at: number): number {
  let length = 1;
  while (length < edge.length && edge.charCodeAt(length) === path.charCodeAt(at + length)) length++;
  return length;
}
