/** Latin-1 text out of and into buffers, by the methods `toString` and `write` come to: half the cost for short text. */

interface Latin1Methods {
  latin1Slice(from: number, to: number): string;
  latin1Write(text: string, at: number, length: number): number;
}

/** The text in source[from, to). */
export function latin1At(source: Buffer, from: number, to: number): string {
  return (source as Buffer & Latin1Methods).latin1Slice(from, to);
}

/** Writes the whole of `text` at out[at]. */
export function writeLatin1(out: Buffer, at: number, text: string): void {
  (out as Buffer & Latin1Methods).latin1Write(text, at, text.length);
}
