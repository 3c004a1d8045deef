/**
 * Decodes one file again and again. Of a large file of which little changed only that little is parsed, and what did not
 * change stays the same object, so that whoever works with it can see that. When in doubt the whole is decoded.
 */
import { isAlias, isMap, isScalar, parseDocument, type YAMLMap } from 'yaml';
import {
  type At,
  type Decoded,
  type DecodeOptions,
  decodeTree,
  maxBytes,
  offsetIn,
  parseOptions,
} from './decode.ts';
import { propertySchema } from './leniency.ts';
import { outlineOf } from './outline.ts';
import type { Schema } from './schema.ts';
import {
  changeBetween,
  columnOf,
  countUntil,
  countUpTo,
  lineStarts,
  type Piece,
  pieceAround,
} from './text-change.ts';
import { type Mark, markedLevels, maxValues, type Path, readTree, type Tree } from './tree.ts';
import { validate, withDurations } from './validate.ts';

/** A piece that was decoded by itself. */
interface Edit {
  /** JSON of the paths of its entries. */
  readonly entries: ReadonlySet<string>;
  readonly tree: Tree;
  /** Where the piece it replaced ended, and by how much everything behind moved. */
  readonly end: number;
  readonly moved: number;
}

interface Last<T> {
  readonly text: string;
  readonly value: T;
  readonly base: Tree;
  readonly edits: readonly Edit[];
  readonly marks: readonly Mark[];
  /** How many of the edits put together what was first read. */
  readonly batches: number;
}

/** Characters of a text worth cutting when it is first read, and of a batch. */
export interface Sizes {
  readonly large: number;
  readonly batch: number;
}
/** Parsed at once, two megabytes take a quarter of a gigabyte. */
const defaultSizes: Sizes = { large: 256 * 1024, batch: 64 * 1024 };
/** So many pieces, then the whole again: each costs a step in every look for a position. */
const maxEdits = 64;

export class Redecoder<T> {
  readonly #options: Omit<DecodeOptions<T>, 'text'>;
  readonly #sizes: Sizes;
  #last: Last<T> | undefined;

  constructor(options: Omit<DecodeOptions<T>, 'text'>, sizes: Sizes = defaultSizes) {
    this.#options = options;
    this.#sizes = sizes;
  }

  /** What `decodeYaml` gives for `text`; keys that were added may stand elsewhere in the order of their object. */
  decode(text: string): Decoded<T> {
    const next =
      Buffer.byteLength(text) > maxBytes ? undefined : (this.#again(text) ?? this.#inBatches(text));
    if (next !== undefined) {
      this.#last = next;
      return { ok: true, value: next.value, at: this.#at(next) };
    }
    const { decoded, tree } = decodeTree({ ...this.#options, text });
    if (!decoded.ok || tree === undefined) return decoded;
    this.#last = tree.plain ? whole(text, decoded.value, tree) : undefined;
    return decoded;
  }

  /** Undefined: too much changed, or something that is more than entries of a map. */
  #again(text: string): Last<T> | undefined {
    const last = this.#last;
    if (last === undefined || text === last.text) return last;
    if (last.edits.length >= last.batches + maxEdits) return undefined;
    const change = changeBetween(last.text, text);
    const piece = pieceAround(last.text, last.marks, change, markedLevels);
    if (piece === undefined) return undefined;
    const moved = text.length - last.text.length;
    const next = this.#replace(last, piece, text.slice(piece.start, piece.end + moved));
    return next && this.#checked({ ...next, text });
  }

  /** Undefined: the text is not large, or not simple enough to be cut. */
  #inBatches(text: string): Last<T> | undefined {
    if (text.length < this.#sizes.large) return undefined;
    const { skeleton, batches } = outlineOf(text, this.#sizes.batch);
    if (batches.length === 0) return undefined;
    const { schema, file } = this.#options;
    const { decoded, tree } = decodeTree({ text: skeleton, file, schema });
    if (!decoded.ok || tree?.plain !== true) return undefined;
    let last: Last<T> | undefined = { ...whole(text, decoded.value, tree), batches: batches.length };
    for (const { parent, start, end, column } of batches) {
      const from = countUntil(last.marks, ({ offset }) => offset < start);
      const piece: Piece = { start, end: start, parent, names: new Set(), column, from, until: from };
      last = this.#replace(last, piece, text.slice(start, end));
      if (last === undefined) return undefined;
    }
    return this.#checked(last);
  }

  /** `last` with `text` in place of `piece`; undefined: decode the whole. */
  #replace(last: Last<T>, piece: Piece, text: string): Last<T> | undefined {
    const schema = mapSchema(this.#options.schema as Schema, piece.parent);
    if (schema === undefined) return undefined;
    const tree = readPiece(text, piece, schema);
    if (tree === undefined || validate(schema, tree.value).length > 0) return undefined;
    const values = last.edits.reduce((sum, edit) => sum + edit.tree.values.size, last.base.values.size);
    if (values + tree.values.size >= maxValues) return undefined;
    const value = replaced(last.value, piece, withDurations(schema, tree.value));
    if (value === undefined) return undefined;
    const entries = new Set(tree.marks.map(({ path }) => JSON.stringify(path)));
    const moved = text.length - (piece.end - piece.start);
    const behind = last.marks.slice(piece.until);
    const marks = [
      ...last.marks.slice(0, piece.from),
      ...tree.marks,
      ...(moved === 0 ? behind : behind.map(({ path, offset }) => ({ path, offset: offset + moved }))),
    ];
    return {
      ...last,
      value: value as T,
      edits: [...last.edits, { entries, tree, end: piece.end, moved }],
      marks,
    };
  }

  #checked(last: Last<T>): Last<T> | undefined {
    let refused = false;
    this.#options.check?.(last.value, () => {
      refused = true;
    });
    return refused ? undefined : last;
  }

  #at({ text, base, edits }: Last<T>): At {
    const { file } = this.#options;
    let lines: readonly number[] | undefined;
    return (path, place = 'value') => {
      const entry = JSON.stringify(path.slice(0, markedLevels));
      let at = edits.findLastIndex(({ entries }) => entries.has(entry));
      let offset = offsetIn(edits[at]?.tree ?? base, path, place);
      for (at++; at < edits.length; at++) {
        const { end, moved } = edits[at] as Edit;
        if (offset >= end) offset += moved;
      }
      lines ??= lineStarts(text);
      const line = countUpTo(lines, offset);
      return { file, line, column: offset - (lines[line - 1] as number) + 1 };
    };
  }
}

function whole<T>(text: string, value: T, tree: Tree): Last<T> {
  return { text, value, base: tree, edits: [], marks: tree.marks, batches: 0 };
}

/** The schema at `path`, if it is one of an object with any keys, all alike. */
function mapSchema(root: Schema, path: Path): Schema | undefined {
  let schema: Schema | undefined = root;
  for (const key of path) schema = propertySchema(schema, String(key));
  if (schema === undefined || schema.properties !== undefined || (schema.required ?? []).length > 0) {
    return undefined;
  }
  return typeof schema.additionalProperties === 'object' ? schema : undefined;
}

/** Reads entries of one block map by themselves; undefined when it cannot be known that they mean the same in their place. */
function readPiece(text: string, piece: Piece, schema: Schema): Tree | undefined {
  const { column, parent } = piece;
  // Nothing may stand further to the left than the entries do: it would belong to something above them.
  if (new RegExp(`^ {0,${column - 1}}[^ #\\r\\n]`, 'm').test(text)) return undefined;
  const document = parseDocument(text, parseOptions);
  const { contents, errors, warnings } = document;
  if (errors.length + warnings.length > 0 || !isMap(contents) || contents.flow === true) return undefined;
  if (!isAligned(contents, text, column)) return undefined;
  let problems = false;
  const tree = readTree(
    document,
    schema,
    () => {
      problems = true;
    },
    { path: parent, offset: piece.start },
  );
  return problems || !tree.plain ? undefined : tree;
}

/** The text begins with the first key, and every key has the column. */
function isAligned(map: YAMLMap, text: string, column: number): boolean {
  return map.items.every(({ key }, index) => {
    if (!isScalar(key) || isAlias(key) || key.range == null) return false;
    const offset = key.range[0];
    return columnOf(text, offset) === column && (index > 0 || offset === column);
  });
}

/** `root` with the entries of the piece in place of those that stood there; undefined when a name is there twice. */
function replaced(
  root: unknown,
  { parent, names }: Pick<Piece, 'parent' | 'names'>,
  entries: unknown,
): unknown {
  const [key, ...rest] = parent;
  const object = root as Readonly<Record<string, unknown>>;
  if (key !== undefined) {
    const inner = replaced(object[key], { parent: rest, names }, entries);
    return inner === undefined ? undefined : { ...object, [key]: inner };
  }
  const added = entries as Readonly<Record<string, unknown>>;
  const next: Record<string, unknown> = {};
  let placed = false;
  for (const name of Object.keys(object)) {
    if (!names.has(name)) {
      if (Object.hasOwn(added, name)) return undefined;
      next[name] = object[name];
    } else if (!placed) {
      Object.assign(next, added);
      placed = true;
    }
  }
  if (!placed) Object.assign(next, added);
  return next;
}
