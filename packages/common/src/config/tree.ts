/**
 * Turns a YAML document into plain values with the schema in view, and remembers where each value stood.
 * As Traefik does, it takes keys in any case, and numbers and booleans with or without quotes.
 */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';
import { Anchors, isMergeKey } from './anchors.ts';
import { emptyValue, knownSpelling, propertySchema, scalarValue } from './leniency.ts';
import type { Schema } from './schema.ts';

export type Path = readonly (string | number)[];
/** Reports at `offset`; the path names the value. */
export type ReportAt = (offset: number, path: Path, message: string) => void;

export interface Tree {
  readonly value: unknown;
  /** JSON of the path → offset of the value, and of its key. */
  readonly values: ReadonlyMap<string, number>;
  readonly keys: ReadonlyMap<string, number>;
  /** Keys of the upper levels in the order of the text: what `redecode.ts` cuts it at. */
  readonly marks: readonly Mark[];
  /** No aliases, anchors or merge keys: what stands in one place says nothing about another. */
  readonly plain: boolean;
}

/** A key and where it stands. */
export interface Mark {
  readonly path: Path;
  readonly offset: number;
}

/** Levels that have marks: `http.routers.shop` has three. */
export const markedLevels = 3;

/** Values in one document, those that aliases bring in counted each time: a small file cannot unfold into a huge one. */
export const maxValues = 200_000;
const maxAliased = 20_000;
const maxDepth = 64;

/** `piece`: the document is a piece of another, whose value at `path` its keys belong to, cut out at `offset`. */
export function readTree(
  document: Document.Parsed,
  schema: Schema,
  report: ReportAt,
  piece: { readonly path: Path; readonly offset: number } = { path: [], offset: 0 },
): Tree {
  const anchors = Anchors.of(document);
  const reader = new Reader(anchors ?? new Anchors(), report, piece.offset);
  const { values, keys, marks } = reader;
  if (anchors === undefined) {
    report(0, [], 'more than 5000 anchors and aliases');
    return { value: {}, values, keys, marks, plain: false };
  }
  const { contents } = document;
  const value = contents === null ? emptyValue(schema) : reader.read(contents, schema, piece.path);
  return { value, values, keys, marks, plain: anchors.none && !reader.merged };
}

class Reader {
  readonly values = new Map<string, number>();
  readonly keys = new Map<string, number>();
  readonly marks: Mark[] = [];
  /** A merge key was met. */
  merged = false;
  readonly #anchors: Anchors;
  readonly #report: ReportAt;
  readonly #base: number;
  /** Offset of the outermost alias being followed: what is inside is reported there. */
  #alias: number | undefined;
  #aliased = 0;
  #count = 0;

  constructor(anchors: Anchors, report: ReportAt, base: number) {
    this.#anchors = anchors;
    this.#report = report;
    this.#base = base;
  }

  read(node: Node | null, schema: Schema | undefined, path: Path): unknown {
    const offset = this.#alias ?? this.#offsetOf(node);
    if (this.#tooMuch(offset, path)) return null;
    this.values.set(JSON.stringify(path), offset);
    if (isAlias(node)) return this.#follow(node, schema, path, offset);
    if (isMap(node)) {
      const value: Record<string, unknown> = {};
      this.#map(node, schema, path, value);
      return value;
    }
    if (isSeq(node)) {
      return node.items.map((item, index) => this.read(item as Node | null, schema?.items, [...path, index]));
    }
    return isScalar(node) ? scalarValue(node, schema) : emptyValue(schema);
  }

  #tooMuch(offset: number, path: Path): boolean {
    this.#count += 1;
    if (this.#alias !== undefined) this.#aliased += 1;
    if (path.length > maxDepth) this.#report(offset, path.slice(0, 4), `nested more than ${maxDepth} deep`);
    else if (this.#count === maxValues) this.#report(offset, [], `more than ${maxValues} values`);
    else if (this.#aliased === maxAliased)
      this.#report(offset, [], `aliases unfold into more than ${maxAliased} values`);
    return path.length > maxDepth || this.#count >= maxValues || this.#aliased >= maxAliased;
  }

  #follow(alias: Alias, schema: Schema | undefined, path: Path, offset: number): unknown {
    const target = this.#anchors.resolve(alias);
    if (target === undefined) {
      this.#report(offset, path, `no anchor &${alias.source} before this alias`);
      return null;
    }
    return this.#inAlias(offset, () => this.read(target, schema, path));
  }

  #inAlias<T>(offset: number, read: () => T): T {
    const outer = this.#alias;
    this.#alias = outer ?? offset;
    const value = read();
    this.#alias = outer;
    return value;
  }

  /** Own keys first, then what `<<` brings in, for own keys win wherever they stand. */
  #map(
    map: YAMLMap,
    schema: Schema | undefined,
    path: Path,
    value: Record<string, unknown>,
    depth = 0,
  ): void {
    const own = new Set<string>();
    for (const pair of map.items) {
      if (!isMergeKey(pair)) this.#pair(pair, schema, path, value, own, depth > 0);
    }
    for (const pair of map.items) {
      if (!isMergeKey(pair)) continue;
      this.merged = true;
      const offset = this.#offsetOf(pair.value as Node | null);
      for (const source of this.#anchors.merged(pair)) {
        if (source === undefined)
          this.#report(this.#alias ?? offset, path, 'want an object, or a list of objects, after "<<"');
        else if (depth > maxDepth || this.#tooMuch(offset, path)) return;
        else this.#inAlias(offset, () => this.#map(source, schema, path, value, depth + 1));
      }
    }
  }

  #pair(
    pair: Pair,
    schema: Schema | undefined,
    path: Path,
    value: Record<string, unknown>,
    own: Set<string>,
    merged: boolean,
  ): void {
    const keyNode = this.#anchors.resolve(pair.key as Node | null);
    const offset = this.#alias ?? this.#offsetOf(pair.key as Node | null);
    if (!isScalar(keyNode) || keyNode.value === null) {
      this.#report(offset, path, 'want text as a key');
      return;
    }
    const written = keyNode.source ?? String(keyNode.value);
    const key = knownSpelling(written, schema);
    const inner = [...path, key];
    if (key === '__proto__') {
      this.#report(offset, inner, '"__proto__" cannot be a key');
    } else if (own.has(key)) {
      this.#report(offset, inner, `key ${JSON.stringify(written)} is given twice`);
    } else if (!merged || !Object.hasOwn(value, key)) {
      own.add(key);
      this.keys.set(JSON.stringify(inner), offset);
      if (inner.length <= markedLevels) this.marks.push({ path: inner, offset });
      value[key] = this.read(pair.value as Node | null, propertySchema(schema, key), inner);
      // An empty value has no place of its own: a person looks at its key.
      if (pair.value === null) this.values.set(JSON.stringify(inner), offset);
    }
  }

  #offsetOf(node: Node | null): number {
    return this.#base + (node?.range?.[0] ?? 0);
  }
}
