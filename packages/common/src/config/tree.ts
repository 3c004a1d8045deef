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
}

/** Values in one document, those that aliases bring in counted each time: a small file cannot unfold into a huge one. */
const maxValues = 200_000;
const maxAliased = 20_000;
const maxDepth = 64;

export function readTree(document: Document.Parsed, schema: Schema, report: ReportAt): Tree {
  const anchors = Anchors.of(document);
  const reader = new Reader(anchors ?? new Anchors(), report);
  if (anchors === undefined) {
    report(0, [], 'more than 5000 anchors and aliases');
    return { value: {}, values: reader.values, keys: reader.keys };
  }
  const value = document.contents === null ? emptyValue(schema) : reader.read(document.contents, schema, []);
  return { value, values: reader.values, keys: reader.keys };
}

class Reader {
  readonly values = new Map<string, number>();
  readonly keys = new Map<string, number>();
  readonly #anchors: Anchors;
  readonly #report: ReportAt;
  /** Offset of the outermost alias being followed: what is inside is reported there. */
  #alias: number | undefined;
  #aliased = 0;
  #count = 0;

  constructor(anchors: Anchors, report: ReportAt) {
    this.#anchors = anchors;
    this.#report = report;
  }

  read(node: Node | null, schema: Schema | undefined, path: Path): unknown {
    const offset = this.#alias ?? offsetOf(node);
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
      const offset = offsetOf(pair.value as Node | null);
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
    const offset = this.#alias ?? offsetOf(pair.key as Node | null);
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
      value[key] = this.read(pair.value as Node | null, propertySchema(schema, key), inner);
      // An empty value has no place of its own: a person looks at its key.
      if (pair.value === null) this.values.set(JSON.stringify(inner), offset);
    }
  }
}

function offsetOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}
