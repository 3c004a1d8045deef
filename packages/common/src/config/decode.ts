/** YAML (or JSON) text → a checked value, or every problem in it with its place. Never throws. */
import { type Document, LineCounter, parseDocument } from 'yaml';
import type { ConfigProblem, Position } from './problem.ts';
import type { Schema } from './schema.ts';
import { type Path, readTree, type Tree } from './tree.ts';
import { validate, withDurations } from './validate.ts';

/** Where in the file the value at `path` stands, or its key; the nearest thing above it that was written. */
export type At = (path: Path, place?: 'key' | 'value') => Position;

export type Decoded<T> =
  | { readonly ok: true; readonly value: T; readonly at: At }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** Reports a problem at the value (or key) at `path`. */
export type ReportProblem = (path: Path, message: string, place?: 'key' | 'value') => void;

/** Bytes of one file. */
export const maxBytes = 4 * 1024 * 1024;
/** Problems reported of one file; more help nobody. */
const maxProblems = 100;
const tooDeep = 'nested too deep to be read';

/** How YAML is read, whole files and pieces of them. */
export const parseOptions = {
  prettyErrors: false,
  strict: true,
  // Checked in tree.ts: the library compares each key with each other.
  uniqueKeys: false,
} as const;

export interface DecodeOptions<T> {
  readonly text: string;
  /** Name for positions. */
  readonly file: string;
  readonly schema: Schema<T>;
  /** What the schema cannot say; runs on values that the schema accepts. */
  readonly check?: (value: T, report: ReportProblem) => void;
}

export function decodeYaml<T>(options: DecodeOptions<T>): Decoded<T> {
  return decodeTree(options).decoded;
}

/** `decodeYaml`, and the tree it read for who goes on with it; absent when the file is refused. */
export function decodeTree<T>({ text, file, schema, check }: DecodeOptions<T>): {
  readonly decoded: Decoded<T>;
  readonly tree?: Tree;
} {
  const problems = new Problems(file);
  if (text.length > maxBytes || Buffer.byteLength(text) > maxBytes) {
    const size = (Buffer.byteLength(text) / 1_048_576).toFixed(1);
    problems.add(0, [], `want a file of at most 4 MiB, got ${size} MiB`);
    return problems.refusal();
  }
  const document = parse(text, problems);
  if (document === undefined || problems.any) return problems.refusal();
  const tree = readTree(document, schema as Schema, (...problem) => problems.add(...problem));
  if (problems.any) return problems.refusal();
  const offset = (path: Path, place: 'key' | 'value' = 'value') => offsetIn(tree, path, place);
  for (const { path, place, message } of validate(schema as Schema, tree.value)) {
    problems.add(offset(path, place), path, message);
  }
  if (problems.any) return problems.refusal();
  const value = withDurations(schema as Schema, tree.value) as T;
  check?.(value, (path, message, place) => problems.add(offset(path, place), path, message));
  if (problems.any) return problems.refusal();
  return { decoded: { ok: true, value, at: (path, place) => problems.position(offset(path, place)) }, tree };
}

/** The decoded value put through `complete`; problems pass unchanged. */
export function mapDecoded<T, U>(decoded: Decoded<T>, complete: (value: T) => U): Decoded<U> {
  return decoded.ok ? { ok: true, value: complete(decoded.value), at: decoded.at } : decoded;
}

/** One slip makes a parser complain of all that follows: who reads it wants the first place. */
const mostSyntaxErrors = 3;

function parse(text: string, problems: Problems): Document.Parsed | undefined {
  try {
    const document = parseDocument(text, { ...parseOptions, lineCounter: problems.lines });
    const overflow = document.errors.find((error) => error.message.includes('call stack'));
    if (overflow !== undefined) {
      problems.add(overflow.pos[0], [], tooDeep);
      return undefined;
    }
    const found = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
    for (const error of found.slice(0, mostSyntaxErrors)) {
      const many = error.code === 'MULTIPLE_DOCS';
      const message = many
        ? 'want one document, got a second after "---"'
        : `not valid YAML: ${lowerFirst(error.message)}`;
      problems.add(error.pos[0], [], message);
    }
    const next = found[mostSyntaxErrors];
    if (next !== undefined) {
      const more = found.length - mostSyntaxErrors;
      problems.add(next.pos[0], [], `not valid YAML from here on (${more} more): mend the first place first`);
    }
    return document;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    problems.add(0, [], tooDeep);
    return undefined;
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** Where the value or key at `path` stands, or the nearest thing above it. */
export function offsetIn(tree: Tree, path: Path, place: 'key' | 'value'): number {
  for (let length = path.length; length >= 0; length--) {
    const name = JSON.stringify(path.slice(0, length));
    const offset =
      place === 'key'
        ? (tree.keys.get(name) ?? tree.values.get(name))
        : (tree.values.get(name) ?? tree.keys.get(name));
    if (offset !== undefined) return offset;
  }
  return 0;
}

class Problems {
  readonly lines = new LineCounter();
  readonly #file: string;
  readonly #list = new Map<string, ConfigProblem>();

  constructor(file: string) {
    this.#file = file;
  }

  get any(): boolean {
    return this.#list.size > 0;
  }

  add(offset: number, path: Path, message: string): void {
    if (this.#list.size >= maxProblems) return;
    const problem = { ...this.position(offset), path, message };
    this.#list.set(`${offset} ${JSON.stringify(path)} ${message}`, problem);
  }

  position(offset: number): Position {
    const { line, col } = this.lines.linePos(offset);
    return { file: this.#file, line: Math.max(1, line), column: Math.max(1, col) };
  }

  /** In the order of the file. */
  refusal(): { decoded: { ok: false; problems: readonly ConfigProblem[] } } {
    const problems = [...this.#list.values()].sort((a, b) => a.line - b.line || a.column - b.column);
    return { decoded: { ok: false, problems } };
  }
}
