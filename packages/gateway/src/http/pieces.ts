/** Bytes of a body that are kept: what comes in tiny pieces takes no more than it is. */

/** A piece costs some hundred bytes beside its own: smaller ones are put together until they are of this size. */
const block = 16_384;

export class Pieces {
  #pieces: Buffer[] = [];
  /** Where the first one kept is in `#pieces`: taking it moves none of the others. */
  #first = 0;
  /** Room for small ones, and how much of it is taken; its taken part is not yet in `#pieces`. */
  #room: Buffer | undefined;
  #taken = 0;

  get empty(): boolean {
    return this.#first === this.#pieces.length && this.#taken === 0;
  }

  /** Keeps `chunk`. `owned`: nobody writes into its memory any more, so that it need not be copied. */
  add(chunk: Buffer, owned: boolean): void {
    if (this.#taken + chunk.length > block) this.#close();
    // Mostly a body is one piece.
    const large = chunk.length >= block / 4 || this.#first === this.#pieces.length;
    if (large && this.#taken === 0) {
      this.#pieces.push(owned ? chunk : Buffer.from(chunk));
      return;
    }
    this.#room = roomFor(this.#room, this.#taken, chunk.length);
    this.#taken += chunk.copy(this.#room, this.#taken);
  }

  /** Takes the first of them out; undefined when there are none. */
  shift(): Buffer | undefined {
    if (this.#first === this.#pieces.length) this.#close();
    const piece = this.#pieces[this.#first];
    if (piece === undefined) return undefined;
    this.#pieces[this.#first] = nothing;
    this.#first++;
    if (this.#first === this.#pieces.length) {
      this.#pieces = [];
      this.#first = 0;
    }
    return piece;
  }

  /** All of them, which stay. */
  all(): readonly Buffer[] {
    this.#close();
    return this.#first === 0 ? this.#pieces : this.#pieces.slice(this.#first);
  }

  clear(): void {
    this.#pieces = [];
    this.#first = 0;
    this.#room = undefined;
    this.#taken = 0;
  }

  #close(): void {
    if (this.#taken === 0) return;
    this.#pieces.push((this.#room as Buffer).subarray(0, this.#taken));
    this.#room = undefined;
    this.#taken = 0;
  }
}

const nothing = Buffer.alloc(0);

/** `room`, or a larger one that begins with its first `taken` bytes. */
function roomFor(room: Buffer | undefined, taken: number, more: number): Buffer {
  if (room !== undefined && taken + more <= room.length) return room;
  const larger = Buffer.allocUnsafe(Math.min(block, Math.max(512, 2 * (taken + more))));
  room?.copy(larger, 0, 0, taken);
  return larger;
}
