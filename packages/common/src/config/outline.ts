/** Cuts a large YAML text into pieces that can be decoded one after the other, so that its whole tree is never in memory. */

/** The text without most entries of its large maps, and what belongs in. */
export interface Outline {
  readonly skeleton: string;
  /** In the order of the text. */
  readonly batches: readonly Batch[];
}

/** Whole entries of one map, a level below `parent`, that follow one another. */
export interface Batch {
  readonly parent: readonly string[];
  /** Where they stand in the text. */
  readonly start: number;
  readonly end: number;
  /** Spaces before their keys. */
  readonly column: number;
}

interface Line {
  readonly start: number;
  readonly end: number;
  readonly column: number;
}

/**
 * Sees only what is plainly there: `http:` at the margin, `routers:` below it, and entries that all have the same number of
 * spaces before them. An entry's line ends whatever came before it, or else the piece before it is not well-formed and is
 * refused when it is parsed; so cutting there can never change a meaning. A batch has about `batchSize` characters.
 */
export function outlineOf(text: string, batchSize: number): Outline {
  // A tab is no space, and what a line that begins with one belongs to is not plain.
  if (/^ *\t/m.test(text)) return { skeleton: text, batches: [] };
  const batches: Batch[] = [];
  let top: string | undefined;
  let group: { readonly name: string; readonly column: number } | undefined;
  let entries: Line[] = [];
  const close = (end: number): void => {
    if (top !== undefined && group !== undefined) {
      batches.push(...cut(entries, end, [top, group.name], batchSize));
    }
    group = undefined;
    entries = [];
  };
  for (const line of linesOf(text)) {
    if (line.column === 0) {
      close(line.start);
      top = headerOf(text, line);
    } else if (top !== undefined && (group === undefined || line.column <= group.column)) {
      close(line.start);
      const name = headerOf(text, line);
      group = name === undefined ? undefined : { name, column: line.column };
    } else if (entries[0] === undefined || line.column === entries[0].column) {
      entries.push(line);
    } else if (line.column < entries[0].column) {
      return { skeleton: text, batches: [] };
    }
  }
  close(text.length);
  let skeleton = '';
  let from = 0;
  for (const { start, end } of batches) {
    skeleton += text.slice(from, start);
    from = end;
  }
  return { skeleton: skeleton + text.slice(from), batches };
}

/** Batches of all entries but the first, which keeps the place in the skeleton. */
function cut(
  entries: readonly Line[],
  end: number,
  parent: readonly string[],
  batchSize: number,
): readonly Batch[] {
  const [first, second] = entries;
  if (first === undefined || second === undefined || end - second.start < batchSize) return [];
  const batches: Batch[] = [];
  let start = second.start;
  for (const entry of entries) {
    if (entry.start - start < batchSize) continue;
    batches.push({ parent, start, end: entry.start, column: first.column });
    start = entry.start;
  }
  batches.push({ parent, start, end, column: first.column });
  return batches;
}

/** Lines with something on them that is no comment. */
function* linesOf(text: string): Iterable<Line> {
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    let at = start;
    while (at < end && text.charCodeAt(at) === 0x20) at++;
    const code = text.charCodeAt(at);
    if (at < end && code !== 0x23 && code !== 0x0d) yield { start, end, column: at - start };
    start = end + 1;
  }
}

/** The key of a line that holds nothing else. */
function headerOf(text: string, { start, end }: Line): string | undefined {
  return /^ *([A-Za-z]+): *\r?$/.exec(text.slice(start, end))?.[1];
}
