/** The plainest HPACK writer there can be: literals without table or Huffman, any bytes in names and values. */
import { type Bytes, bytesOf } from './h2-wire.ts';

export type Field = readonly [name: Bytes, value: Bytes];

/** An integer with a prefix of `bits` under `pattern` (RFC 7541 §5.1). */
export function integer(value: number, bits: number, pattern = 0): Buffer {
  const most = 2 ** bits - 1;
  if (value < most) return Buffer.from([pattern | value]);
  const bytes = [pattern | most];
  let rest = value - most;
  while (rest >= 128) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** A string literal without Huffman; `length` lies when given. */
export function string(text: Bytes, length?: number): Buffer {
  const bytes = bytesOf(text);
  return Buffer.concat([integer(length ?? bytes.length, 7), bytes]);
}

/** Literal, name written out: `how` 0x00 not indexed, 0x10 never indexed, 0x40 into the dynamic table. */
export function literal([name, value]: Field, how = 0): Buffer {
  return Buffer.concat([Buffer.from([how]), string(name), string(value)]);
}

/** A field of the tables, by index. */
export const indexed = (index: number) => integer(index, 7, 0x80);

/** A dynamic table size update. */
export const tableSize = (bytes: number) => integer(bytes, 5, 0x20);

/** A header block of literals. */
export function block(fields: readonly Field[]): Buffer {
  return Buffer.concat(fields.map((field) => literal(field)));
}
