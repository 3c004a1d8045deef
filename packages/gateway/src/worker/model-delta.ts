/** What is new in a model beside the one a worker has: thousands of routers cross to it once, not with every change. */
import type { Model } from '../model/model.ts';
import { sameJson } from './same-json.ts';

/** The lists that grow long. Their items have names, and indexes into each other. */
const long = ['routers', 'middlewares', 'services'] as const;
type Long = (typeof long)[number];

/** So many items of the list before, from an index on; or new ones. */
type Piece<T> = readonly [from: number, count: number] | { readonly items: readonly T[] };

export interface ModelDelta {
  readonly rest: Omit<Model, Long>;
  readonly lists: { readonly [K in Long]: readonly Piece<Model[K][number]>[] };
}

/** What makes `next` of `before`. */
export function modelDelta(before: Model, next: Model): ModelDelta {
  const { routers, middlewares, services, ...rest } = next;
  return {
    rest,
    lists: {
      routers: listDelta(before.routers, routers),
      middlewares: listDelta(before.middlewares, middlewares),
      services: listDelta(before.services, services),
    },
  };
}

/** `modelDelta` to `next`, made once for workers that have the same model: with thousands of routers it takes some milliseconds. */
export function deltasTo(next: Model): (before: Model) => ModelDelta {
  const made = new Map<Model, ModelDelta>();
  return (before) => {
    const known = made.get(before);
    if (known !== undefined) return known;
    const delta = modelDelta(before, next);
    made.set(before, delta);
    return delta;
  };
}

/** The model that `delta` makes of `before`: what has not changed is the same object. */
export function appliedDelta(before: Model, { rest, lists }: ModelDelta): Model {
  return {
    ...rest,
    routers: appliedList(before.routers, lists.routers),
    middlewares: appliedList(before.middlewares, lists.middlewares),
    services: appliedList(before.services, lists.services),
  };
}

type Named = { readonly name: readonly [string, string] };

/** No name holds a line feed. */
function keyOf({ name }: Named): string {
  return `${name[1]}\n${name[0]}`;
}

function listDelta<T extends Named>(before: readonly T[], next: readonly T[]): readonly Piece<T>[] {
  const places = new Map<string, number>();
  for (let i = 0; i < before.length; i++) places.set(keyOf(before[i] as T), i);
  const pieces: ([number, number] | { items: T[] })[] = [];
  next.forEach((item, i) => {
    const last = pieces.at(-1);
    const at = placeOf(item, i, before, places);
    if (at < 0) {
      if (last !== undefined && 'items' in last) last.items.push(item);
      else pieces.push({ items: [item] });
    } else if (last !== undefined && !('items' in last) && last[0] + last[1] === at) last[1]++;
    else pieces.push([at, 1]);
  });
  return pieces;
}

/** Where `item` was, the same to the last letter; -1 when nowhere. */
function placeOf<T extends Named>(
  item: T,
  i: number,
  before: readonly T[],
  places: ReadonlyMap<string, number>,
): number {
  if (i < before.length && sameJson(before[i], item)) return i;
  const at = places.get(keyOf(item));
  return at !== undefined && sameJson(before[at], item) ? at : -1;
}

function appliedList<T>(before: readonly T[], pieces: readonly Piece<T>[]): readonly T[] {
  const list: T[] = [];
  for (const piece of pieces) {
    if ('items' in piece) for (const item of piece.items) list.push(item);
    else for (let i = 0; i < piece[1]; i++) list.push(before[piece[0] + i] as T);
  }
  return list;
}
