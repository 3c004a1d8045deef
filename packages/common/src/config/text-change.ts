/** Where two versions of a text differ, and which entries of a map the difference lies in. */
import type { Mark, Path } from './tree.ts';

/** `[start, oldEnd)` of the old text became `[start, newEnd)` of the new one. */
export interface Change {
  readonly start: number;
  readonly oldEnd: number;
}

/** Entries of one block map that stand one after the other. */
export interface Piece {
  /** From the start of the first entry's line to the start of the line of what follows the last, in the old text. */
  readonly start: number;
  readonly end: number;
  /** The map they belong to. */
  readonly parent: Path;
  readonly names: ReadonlySet<string>;
  /** Spaces before their keys. */
  readonly column: number;
  /** Their marks are those from `from` to before `until`. */
  readonly from: number;
  readonly until: number;
}

/** Characters compared at once. */
const stride = 4096;

/** The least range that differs. */
export function changeBetween(before: string, after: string): Change {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before.slice(start, start + stride) === after.slice(start, start + stride))
    start += stride;
  start = Math.min(start, shorter);
  while (start < shorter && before.charCodeAt(start) === after.charCodeAt(start)) start++;
  let alike = 0;
  const most = shorter - start;
  const tail = (text: string) => text.slice(Math.max(0, text.length - alike - stride), text.length - alike);
  while (alike + stride <= most && tail(before) === tail(after)) alike += stride;
  const last = (text: string) => text.charCodeAt(text.length - alike - 1);
  while (alike < most && last(before) === last(after)) alike++;
  return { start, oldEnd: before.length - alike };
}

/** The entries at `level` that `change` lies in; undefined when it touches anything else, or if they are no block map. */
export function pieceAround(
  text: string,
  marks: readonly Mark[],
  change: Change,
  level: number,
): Piece | undefined {
  const from = countUntil(marks, (mark) => lineStart(text, mark.offset) <= change.start) - 1;
  const first = marks[from];
  if (first === undefined || first.path.length !== level) return undefined;
  const until = countUntil(marks, (mark) => lineStart(text, mark.offset) < change.oldEnd);
  const column = columnOf(text, first.offset);
  if (column === undefined || column === 0) return undefined;
  const parent = first.path.slice(0, -1);
  const names = new Set<string>();
  for (const { path, offset } of marks.slice(from, Math.max(until, from + 1))) {
    if (path.length !== level || columnOf(text, offset) !== column) return undefined;
    if (parent.some((key, index) => path[index] !== key)) return undefined;
    names.add(String(path.at(-1)));
  }
  const next = marks[Math.max(until, from + 1)];
  const left = next && columnOf(text, next.offset);
  if (next !== undefined && (left === undefined || left > column)) return undefined;
  return {
    start: lineStart(text, first.offset),
    end: next === undefined ? text.length : lineStart(text, next.offset),
    parent,
    names,
    column,
    from,
    until: Math.max(until, from + 1),
  };
}

/** How many of `marks`, which are sorted, `holds` is true for. */
export function countUntil(marks: readonly Mark[], holds: (mark: Mark) => boolean): number {
  let low = 0;
  let high = marks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(marks[middle] as Mark)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function lineStart(text: string, offset: number): number {
  return offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
}

/** Spaces before `offset` in its line; undefined when something else stands there too. */
export function columnOf(text: string, offset: number): number | undefined {
  const start = lineStart(text, offset);
  return /^ *$/.test(text.slice(start, offset)) ? offset - start : undefined;
}

/** Where each line begins. */
export function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** How many of `sorted` are at most `limit`. */
export function countUpTo(sorted: readonly number[], limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
