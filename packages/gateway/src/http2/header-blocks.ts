/** Gathers the pieces of header blocks (HEADERS and its CONTINUATIONs) within the limits. */

/** Where a HEADERS frame's fragment is, with what came before it. */
export interface HeadersFrame {
  streamId: number;
  endStream: boolean;
  /** The stream depends on itself (RFC 7540 §5.3.1): nonsense, though priorities mean nothing any more. */
  selfDependent: boolean;
}

export class HeaderBlocks {
  readonly frame: HeadersFrame = { streamId: 0, endStream: false, selfDependent: false };
  readonly #mostBytes: number;
  readonly #mostContinuations: number;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #continuations = 0;
  #open = false;

  /** A block of more than `mostBytes`, or in more pieces, is an attack. */
  constructor(mostBytes: number, mostContinuations: number) {
    this.#mostBytes = mostBytes;
    this.#mostContinuations = mostContinuations;
  }

  /** A block has begun and not ended: nothing else may come in between. */
  get open(): boolean {
    return this.#open;
  }

  /** Keeps the first piece of a block that goes on; false when it is too long already. */
  begin(bytes: Buffer, from: number, to: number): boolean {
    this.#open = true;
    this.#continuations = 0;
    return this.#add(bytes, from, to);
  }

  /** The next piece; false when there are too many or too much. */
  append(bytes: Buffer, from: number, to: number): boolean {
    return ++this.#continuations <= this.#mostContinuations && this.#add(bytes, from, to);
  }

  /** The whole block. */
  end(): Buffer {
    const block = Buffer.concat(this.#pieces, this.#bytes);
    this.#pieces = [];
    this.#bytes = 0;
    this.#open = false;
    return block;
  }

  #add(bytes: Buffer, from: number, to: number): boolean {
    this.#bytes += to - from;
    if (this.#bytes > this.#mostBytes) return false;
    this.#pieces.push(Buffer.from(bytes.subarray(from, to)));
    return true;
  }
}
