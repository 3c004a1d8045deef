/** Replacement texts as Go's `regexp.Expand` reads them: `$1`, `$name`, `${name}`, `$$`. */

/** Texts, group numbers and group names, in order. */
export type Replacement = readonly (string | { readonly group: number } | { readonly name: string })[];

/**
 * `$name` takes as many letters, digits and underscores as there are (`$1x` is the group called `1x`); a group that there
 * is not stands for nothing; a `$` that begins no reference stands for itself.
 */
export function parseReplacement(text: string): Replacement {
  const parts: Replacement[number][] = [];
  let literal = '';
  let from = 0;
  for (let at = text.indexOf('$'); at >= 0; at = text.indexOf('$', from)) {
    literal += text.slice(from, at);
    const found = reference.exec(text.slice(at + 1, at + 1 + longestReference));
    if (found === null) {
      literal += '$';
      from = at + (text[at + 1] === '$' ? 2 : 1);
      continue;
    }
    if (literal !== '') parts.push(literal);
    literal = '';
    const name = (found[1] ?? found[2]) as string;
    // Go takes no number of more than nine digits, nor one with a zero before it.
    parts.push(/^(?:0|[1-9]\d{0,8})$/.test(name) ? { group: Number(name) } : { name });
    from = at + 1 + found[0].length;
  }
  literal += text.slice(from);
  if (literal !== '') parts.push(literal);
  return parts;
}

const reference = /^(?:\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/u;

/** A name longer than this is no group of an expression that is accepted. */
const longestReference = 8192;
