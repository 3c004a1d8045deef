/** Cuts a stream of bytes into lines, with a cap on the length of one. */

/** Feeds `push` with chunks; `onLine` gets each line without its line feed (an empty one is a heartbeat). */
export class LineSplitter {
  readonly #maxBytes: number;
  readonly #onLine: (line: Buffer) => void;
  #held: Buffer[] = [];
  #heldBytes = 0;

  constructor(maxBytes: number, onLine: (line: Buffer) => void) {
    this.#maxBytes = maxBytes;
    this.#onLine = onLine;
  }

  /** False once a line is longer than the cap: the caller ends the stream, nothing more is kept. */
  push(chunk: Buffer): boolean {
    let from = 0;
    for (;;) {
      const at = chunk.indexOf(0x0a, from);
      const piece = chunk.subarray(from, at < 0 ? chunk.length : at);
      if (this.#heldBytes + piece.length > this.#maxBytes) {
        this.#take();
        return false;
      }
      if (at < 0) {
        if (piece.length > 0) this.#held.push(piece);
        this.#heldBytes += piece.length;
        return true;
      }
      const line = this.#heldBytes === 0 ? piece : Buffer.concat([...this.#take(), piece]);
      this.#onLine(line);
      from = at + 1;
    }
  }

  #take(): Buffer[] {
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    return held;
  }
}
