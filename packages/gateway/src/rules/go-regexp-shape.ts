/** How large a Go regular expression would become, and where its parentheses do not pair: one scan, before anything is compiled. */

export interface RegexpShape {
  /** About how many instructions its program would have, rather too many than too few. */
  readonly size: number;
  /** Index of the first `(` that is never closed, or of a `)` that closes nothing; undefined when they pair. */
  readonly unpaired: number | undefined;
}

/** Never throws; what it says of an expression that does not parse means nothing but `unpaired`. */
export function regexpShape(pattern: string): RegexpShape {
  /** Open groups: where each begins, and the size of what stands before it. */
  const open: { readonly at: number; readonly before: number }[] = [];
  let total = 0;
  let atom = 0;
  let unopened: number | undefined;
  for (let i = 0; i < pattern.length; ) {
    const char = pattern[i];
    if (char === '(') {
      open.push({ at: i, before: total });
      total = atom = 0;
      i++;
    } else if (char === ')') {
      const group = open.pop();
      if (group === undefined) unopened ??= i;
      atom = total + 2;
      total = (group?.before ?? 0) + atom;
      i++;
    } else if (char === '{') {
      const repeat = /^\{(\d{1,5})(?:,(\d{0,5}))?\}/.exec(pattern.slice(i, i + 16));
      if (repeat === null) {
        atom = 1;
        total++;
        i++;
        continue;
      }
      const times = Math.max(Number(repeat[1]) + 1, Number(repeat[2] ?? 0));
      total += atom * (times - 1);
      atom *= times;
      i += repeat[0].length;
    } else {
      atom = 1;
      total++;
      i = char === '\\' ? i + 2 : char === '[' ? classEnd(pattern, i) : i + 1;
    }
  }
  for (const { before } of open) total += before;
  return { size: total, unpaired: unopened ?? open[0]?.at };
}

/** Behind the `]` of the class that begins at `from`; the pattern's end when there is none. */
export function classEnd(pattern: string, from: number): number {
  let i = from + 1;
  if (pattern[i] === '^') i++;
  // A bracket that comes first stands for itself.
  if (pattern[i] === ']') i++;
  while (i < pattern.length && pattern[i] !== ']') {
    const posix = pattern.startsWith('[:', i) ? pattern.indexOf(':]', i + 2) : -1;
    i = posix >= 0 ? posix + 2 : pattern[i] === '\\' ? i + 2 : i + 1;
  }
  return i + 1;
}
