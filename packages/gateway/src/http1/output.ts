/** Gathers what one turn has to say to a socket, so that a small message leaves in one write. */
import type { Socket } from 'node:net';

/** Pieces up to this are copied into the pending text; larger ones through a slab. */
export const copyLimit = 8192;
/** Pending text beyond this leaves at once. */
const textLimit = 32768;

const slabBytes = 65536;
/** Slabs kept for the next write: 4 MiB at most. */
const mostSlabs = 64;
const slabs: Buffer[] = [];

export class Output {
  readonly #socket: Socket;
  #text = '';
  #corked = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Latin-1 text: heads and chunk framing. */
  text(text: string): void {
    this.#text += text;
    if (this.#text.length > textLimit) this.#push();
  }

  /** Body bytes. False when the socket holds more than it should: wait for its `drain`. */
  bytes(chunk: Buffer): boolean {
    if (chunk.length <= copyLimit) {
      this.text(chunk.toString('latin1'));
    } else {
      // Head, framing and data leave in one writev.
      if (!this.#corked) {
        this.#corked = true;
        this.#socket.cork();
      }
      this.#push();
      this.#writeCopy(chunk);
    }
    // Asked now, not remembered: text still pending here raises no `drain`, so nobody may wait for one because of it.
    return !this.#socket.writableNeedDrain;
  }

  /** Everything pending leaves now. False: wait for `drain`. */
  flush(): boolean {
    this.#push();
    if (this.#corked) {
      this.#corked = false;
      this.#socket.uncork();
    }
    return !this.#socket.writableNeedDrain;
  }

  /** Through a slab that is used again once its bytes have left: a fresh buffer a read is 64 MiB of garbage before V8 looks. */
  #writeCopy(chunk: Buffer): void {
    if (chunk.length > slabBytes) {
      this.#socket.write(Buffer.from(chunk));
      return;
    }
    const slab = slabs.pop() ?? Buffer.allocUnsafeSlow(slabBytes);
    chunk.copy(slab);
    this.#socket.write(slab.subarray(0, chunk.length), () => {
      if (slabs.length < mostSlabs) slabs.push(slab);
    });
  }

  #push(): void {
    if (this.#text === '') return;
    const text = this.#text;
    this.#text = '';
    this.#socket.write(text, 'latin1');
  }
}
