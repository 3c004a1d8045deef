/** Routers that host and path cannot tell apart: when they are many, by the value of a field, of the query, or the method. */
import { stride } from '../http/headers.ts';
import type { RequestHead } from '../http/message.ts';
import { queryPairs } from '../rules/query-values.ts';
import { type Candidates, chainOf, type Entry } from './candidates.ts';
import type { RequiredValue } from './known-value.ts';

/** Fewer are simply tried. */
const few = 8;
/** Fields and keys looked at for one request. */
const maxGroups = 4;

/** Those that need a value of one field, query key or the method. */
export interface EntryGroup<T> {
  readonly kind: RequiredValue['kind'];
  readonly name: string;
  readonly byValue: ReadonlyMap<string, Entry<T>>;
}

/** An entry that has no place in a chain yet, and what its router needs besides. */
export interface Valued<T> extends Omit<Entry<T>, 'next'> {
  readonly value: RequiredValue | undefined;
}

export interface Grouped<T> {
  /** Tried for every request that comes here. */
  readonly plain: Entry<T> | undefined;
  readonly groups: readonly EntryGroup<T>[] | undefined;
}

/** `all` in order of rank. */
export function groupEntries<T>(all: readonly Valued<T>[]): Grouped<T> {
  if (all.length <= few) return { plain: chainOf(all), groups: undefined };
  const chosen = chooseGroups(all);
  const plain: Valued<T>[] = [];
  for (const one of all) {
    const group = one.value && chosen.get(groupKey(one.value));
    if (one.value === undefined || group === undefined) {
      plain.push(one);
      continue;
    }
    for (const value of one.value.values) {
      const entries = group.byValue.get(value);
      if (entries === undefined) group.byValue.set(value, [one]);
      else entries.push(one);
    }
  }
  const groups = [...chosen.values()].map(({ kind, name, byValue }) => {
    const chains = new Map<string, Entry<T>>();
    for (const [value, entries] of byValue) chains.set(value, chainOf(entries)!);
    return { kind, name, byValue: chains };
  });
  return { plain: chainOf(plain), groups: groups.length === 0 ? undefined : groups };
}

function groupKey({ kind, name }: RequiredValue): string {
  return `${kind} ${name}`;
}

interface Choice<T> {
  readonly kind: RequiredValue['kind'];
  readonly name: string;
  readonly byValue: Map<string, Valued<T>[]>;
  size: number;
}

function chooseGroups<T>(all: readonly Valued<T>[]): ReadonlyMap<string, Choice<T>> {
  const choices = new Map<string, Choice<T>>();
  for (const { value } of all) {
    if (value === undefined) continue;
    const key = groupKey(value);
    const known = choices.get(key);
    if (known !== undefined) known.size++;
    else choices.set(key, { kind: value.kind, name: value.name, byValue: new Map(), size: 1 });
  }
  return new Map(
    [...choices]
      .filter(([, { size }]) => size >= few / 2)
      .sort(([, a], [, b]) => b.size - a.size)
      .slice(0, maxGroups),
  );
}

/** Adds the chains of those that `request` has the values of. */
export function collectGroups<T>(
  groups: readonly EntryGroup<T>[],
  request: RequestHead,
  into: Candidates<T>,
): void {
  for (let i = 0; i < groups.length; i++) {
    const { kind, name, byValue } = groups[i] as EntryGroup<T>;
    if (kind === 'method') {
      add(byValue.get(request.method), into);
      continue;
    }
    const fields = kind === 'header' ? request.headers : queryPairs(request.query);
    const step = kind === 'header' ? stride : 2;
    for (let at = 0; at < fields.length; at += step) {
      if (fields[at] === name) add(byValue.get(fields[at + 1] as string), into);
    }
  }
}

function add<T>(chain: Entry<T> | undefined, into: Candidates<T>): void {
  if (chain !== undefined) into.add(chain);
}
