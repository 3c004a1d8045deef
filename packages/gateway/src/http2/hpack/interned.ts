/** The strings of literals: checked and made once, found again by their bytes. */
import { credentials } from './credentials.ts';
import { isName, isValue } from './field-rules.ts';
import { Interner } from './interner.ts';
import { latin1At } from './latin1.ts';
import { internalised } from './static-table.ts';

const names = new Interner();
const values = new Interner();
/** For the choice which values are held; a plain count would fall in step with the fields of a block. */
let dice = 1;

/** The name that stands in source[from, to); undefined when it is none (RFC 9113 §8.2.1). */
export function nameAt(source: Buffer, from: number, to: number): string | undefined {
  const found = names.find(source, from, to);
  if (found !== undefined) return found;
  if (!isName(source, from, to)) return undefined;
  const name = internalised(latin1At(source, from, to));
  names.keep(name, source, from, to);
  return name;
}

/**
 * The value of a field `name` that stands in source[from, to); undefined when it is none. Credentials and what came
 * `never` indexed are not held on to: how long a guess takes would tell whether it is right.
 */
export function valueAt(
  source: Buffer,
  from: number,
  to: number,
  name: string,
  never: boolean,
): string | undefined {
  if (from === to) return '';
  const found = values.find(source, from, to);
  if (found !== undefined) return found;
  if (!isValue(source, from, to)) return undefined;
  const value = latin1At(source, from, to);
  // One in sixteen: what comes again soon gets in, and what never does costs next to nothing.
  dice = (Math.imul(dice, 1103515245) + 12345) & 0x7fffffff;
  if ((dice & 0xf0000) === 0 && !never && !credentials.has(name)) values.keep(value, source, from, to);
  return value;
}
