/** Words of an OData filter. */
import { schemaError } from '../wire/errors.ts';

export type Token =
  | { readonly kind: 'name' | 'number' | 'symbol'; readonly text: string }
  | { readonly kind: 'string'; readonly text: string; readonly value: string }
  | { readonly kind: 'enum'; readonly text: string; readonly type: string; readonly value: string };

const maximum = 8_192;
/** A typed enum literal, a string whose quotes are doubled, a number, a path or word, a symbol. */
const pattern =
  /\s*(?:([A-Za-z_][\w.]*)'((?:[^']|'')*)'|'((?:[^']|'')*)'|(-?\d+(?:\.\d+)?)(?![\w-])|([A-Za-z_$][\w/$]*)|([(),:]))/y;

/** Throws a schema error for what is no word. */
export function tokens(text: string): Token[] {
  if (text.length > maximum) throw schemaError('query.$filter', '$filter', 'The filter is too long');
  const list: Token[] = [];
  pattern.lastIndex = 0;
  while (pattern.lastIndex < text.trimEnd().length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(text);
    if (match === null)
      throw schemaError('query.$filter', '$filter', `The filter cannot be read at character ${at}`);
    const [whole, type, enumValue, string, number, name, symbol] = match;
    const shown = whole.trim();
    if (type !== undefined)
      list.push({ kind: 'enum', text: shown, type, value: unquoted(enumValue as string) });
    else if (string !== undefined) list.push({ kind: 'string', text: shown, value: unquoted(string) });
    else if (number !== undefined) list.push({ kind: 'number', text: number });
    else if (name !== undefined) list.push({ kind: 'name', text: name });
    else list.push({ kind: 'symbol', text: symbol as string });
  }
  return list;
}

const unquoted = (text: string): string => text.replaceAll("''", "'");
