/** Expressions that are nothing but text, perhaps anchored: `^/api/`, `\.css$`, `^shop\.example$`. */

/**
 * A test that gives for every text what the expression gives, or undefined when it is more than literal text. ASCII only,
 * and without `(?m)` `^` and `$` are the ends of the text, so each of the four is one comparison of strings.
 */
export function literalTest(pattern: string): ((text: string) => boolean) | undefined {
  const shape = /^(\^?)((?:[A-Za-z0-9 !"#%&',/:;<=>@_`~-]|\\[!-/:-@[-^`{-~])*)(\$?)$/.exec(pattern);
  if (shape === null) return undefined;
  const text = (shape[2] as string).replaceAll(/\\(.)/g, '$1');
  const fromStart = shape[1] !== '';
  const toEnd = shape[3] !== '';
  if (fromStart && toEnd) return (value) => value === text;
  if (fromStart) return (value) => value.startsWith(text);
  if (toEnd) return (value) => value.endsWith(text);
  return (value) => value.includes(text);
}
