/** Routers by host: each in the bucket of every host it names, of the suffix it needs, or of all hosts. */
import type { RequestHead } from '../http/message.ts';
import type { Matcher } from '../model/model.ts';
import { Candidates, chainOf, firstOf } from './candidates.ts';
import { collectByPath, type PathNode, pathNode, pathTree, type Spotted } from './path-tree.ts';
import { type Placement, placementsOf } from './placement.ts';

/** Routers of one host that are simply tried; more are found by path. */
const few = 4;

/** The routers that an index needs to know. */
interface Ranked {
  readonly matcher: Matcher;
  readonly priority: number;
}

interface Placed<T> {
  readonly router: T;
  readonly rank: number;
  readonly placement: Placement;
}

export class HostIndex<T extends Ranked> {
  readonly #exact = new Map<string, PathNode<T>>();
  /** By the number of labels they have, so that a host is cut only where there are any. */
  readonly #suffixes: (Map<string, PathNode<T>> | undefined)[] = [];
  #general: PathNode<T> | undefined;
  readonly #candidates = new Candidates<T>();
  /** What each bucket was made of, for a successor in which it is the same. */
  readonly #made = new Map<string, { readonly of: readonly Placed<T>[]; readonly bucket: PathNode<T> }>();

  /** Of equal priority the first given comes first. `before`: an index of which most is the same. */
  constructor(routers: readonly T[], before?: HostIndex<T>) {
    const byHost = new Map<string, Placed<T>[]>();
    const ordered = [...routers].sort((a, b) => b.priority - a.priority);
    for (let rank = 0; rank < ordered.length; rank++) {
      const router = ordered[rank] as T;
      for (const placement of placementsOf(router.matcher)) {
        const placed = { router, rank, placement };
        const bucket = byHost.get(placement.host);
        if (bucket === undefined) byHost.set(placement.host, [placed]);
        else bucket.push(placed);
      }
    }
    for (const [host, placed] of byHost) {
      const made = before?.made(host);
      const bucket = made !== undefined && alike(made.of, placed) ? made.bucket : bucketOf(placed);
      this.#made.set(host, { of: placed, bucket });
      if (host === '') this.#general = bucket;
      else if (host.startsWith('.')) this.#addSuffix(host, bucket);
      else this.#exact.set(host, bucket);
    }
  }

  made(host: string): { readonly of: readonly Placed<T>[]; readonly bucket: PathNode<T> } | undefined {
    return this.#made.get(host);
  }

  match(request: RequestHead): T | undefined {
    const own = this.#exact.get(request.host);
    const general = this.#general;
    if (general === undefined && this.#suffixes.length === 0) {
      if (own === undefined) return undefined;
      if (own.edge === all && own.prefix !== undefined) return firstOf(own.prefix, request);
    }
    const candidates = this.#candidates;
    candidates.clear();
    if (own !== undefined) collect(own, request, candidates);
    if (this.#suffixes.length > 0) this.#collectSuffixes(request, candidates);
    if (general !== undefined) collect(general, request, candidates);
    return candidates.first(request);
  }

  #addSuffix(suffix: string, bucket: PathNode<T>): void {
    const labels = suffix.split('.').length - 1;
    while (this.#suffixes.length < labels) this.#suffixes.push(undefined);
    const alike = this.#suffixes[labels - 1] ?? new Map<string, PathNode<T>>();
    this.#suffixes[labels - 1] = alike;
    alike.set(suffix, bucket);
  }

  #collectSuffixes(request: RequestHead, into: Candidates<T>): void {
    const host = request.host;
    let label = 0;
    // By hand: lastIndexOf costs more than all the rest.
    for (let i = host.length - 1; i >= 0; i--) {
      if (host.charCodeAt(i) !== dot) continue;
      const bucket = this.#suffixes[label]?.get(host.slice(i));
      if (bucket !== undefined) collect(bucket, request, into);
      if (++label === this.#suffixes.length) return;
    }
  }
}

const dot = 0x2e;

/** Stands in the root of a bucket whose routers are all simply tried. */
const all = '*';

/** The same routers in the same places: ranks are compared between buckets. */
function alike<T>(a: readonly Placed<T>[], b: readonly Placed<T>[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    const one = a[i] as Placed<T>;
    const other = b[i] as Placed<T>;
    if (one.router !== other.router || one.rank !== other.rank || one.placement !== other.placement)
      return false;
  }
  return true;
}

function bucketOf<T>(placed: readonly Placed<T>[]): PathNode<T> {
  if (placed.length <= few) {
    const entries = placed.map(({ router, rank, placement }) => ({ router, rank, test: placement.test }));
    return pathNode(all, chainOf(entries));
  }
  const spotted: Spotted<T>[] = [];
  for (const { router, rank, placement } of placed) {
    for (const { at, test, value } of placement.spots) spotted.push({ router, rank, test, value, at });
  }
  return pathTree(spotted);
}

function collect<T>(bucket: PathNode<T>, request: RequestHead, into: Candidates<T>): void {
  if (bucket.edge !== all) collectByPath(bucket, request, into);
  else if (bucket.prefix !== undefined) into.add(bucket.prefix);
}
