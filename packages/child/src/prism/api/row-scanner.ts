/**
 * Takes the rows out of a JSON document while it arrives. Pages of a hundred VMs as trees of objects, four at a time and
 * fifty in a row, make the heap grow to hundreds of MiB; row by row it stays small.
 */

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const brace = 0x7b;
const bracket = 0x5b;
/** Longest key that is compared. */
const maxKeyBytes = 64;

/** Scans a document whose member `key` is the list of rows. */
export class RowScanner {
  readonly #key: string;
  readonly #take: (row: Buffer) => void;
  /** Pieces of what is not a row, and of the row that has begun. */
  readonly #rest: Buffer[] = [];
  #row: Buffer[] = [];
  /** Of brackets and braces: 1 in the document, 2 in the list, 3 in a row. */
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** The last string of the document itself. */
  #lastKey: number[] = [];
  #inList = false;
  #seenList = false;
  #held = 0;
  #heldOfRow = 0;

  /** Bytes that are held: what is not a row, and the row that has begun. */
  get held(): number {
    return this.#held + this.#heldOfRow;
  }

  /** `take` gets the bytes of each row, which are good only while it runs; what it throws is thrown by `push`. */
  constructor(key: string, take: (row: Buffer) => void) {
    this.#key = key;
    this.#take = take;
  }

  /** Throws what `take` does. */
  push(chunk: Buffer): void {
    /** Where the piece begins that is being read: of the rest, or of a row. */
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === backslash) this.#escaped = true;
        else if (byte === quote) this.#inString = false;
        // The backslash too: a name with escapes is another name.
        if (this.#inString && this.#depth === 1 && this.#lastKey.length < maxKeyBytes)
          this.#lastKey.push(byte);
        continue;
      }
      if (byte === quote) {
        this.#inString = true;
        if (this.#depth === 1) this.#lastKey = [];
      } else if (byte === brace || byte === bracket) {
        this.#depth++;
        if (this.#inList && this.#depth === 3) from = at;
        else if (this.#depth === 2 && byte === bracket && this.#isList()) {
          this.#keep(copy(chunk, from, at + 1));
          this.#inList = true;
          this.#seenList = true;
        }
        // Their closing counterparts are two further on.
      } else if (byte === brace + 2 || byte === bracket + 2) {
        this.#depth--;
        if (!this.#inList) continue;
        if (this.#depth === 2) this.#endRow(chunk.subarray(from, at + 1));
        else if (this.#depth === 1) {
          this.#inList = false;
          from = at;
        }
      } else if (byte === comma && this.#depth === 1) this.#lastKey = [];
    }
    if (!this.#inList) this.#keep(copy(chunk, from));
    else if (this.#depth > 2) {
      const piece = copy(chunk, from);
      this.#row.push(piece);
      this.#heldOfRow += piece.length;
    }
  }

  /** The document with the list empty, once all of it has been pushed. Throws a `SyntaxError` when it is no JSON. */
  end(): unknown {
    return JSON.parse(Buffer.concat(this.#rest).toString('utf8'));
  }

  /** Only the first list of that name: whatever comes after it stays in the document. */
  #isList(): boolean {
    return !this.#seenList && Buffer.from(this.#lastKey).toString('utf8') === this.#key;
  }

  #keep(piece: Buffer): void {
    this.#rest.push(piece);
    this.#held += piece.length;
  }

  #endRow(last: Buffer): void {
    const row = this.#row.length === 0 ? last : Buffer.concat([...this.#row, last]);
    this.#row = [];
    this.#heldOfRow = 0;
    this.#take(row);
  }
}

/** A view would keep all of the chunk. */
function copy(chunk: Buffer, from: number, to?: number): Buffer {
  return Buffer.from(chunk.subarray(from, to));
}
