/** A temporary file that is gone from its folder at once: nobody else can open it, and it never outlives the process. */
import { randomUUID } from 'node:crypto';
import { close, open, read, unlink, writev } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Hears what becomes of it. Nothing after `close`. */
export interface BodyFileOwner {
  /** All that was appended so far is written. */
  fileSettled(): void;
  /** It cannot be made or written: a full disk, say. */
  fileFailed(error: Error): void;
}

export class BodyFile {
  readonly #owner: BodyFileOwner;
  #fd = -1;
  #queue: Buffer[] = [];
  #written = 0;
  /** Opening and writing, one operation after the other. */
  #busy = true;
  /** Readings that are under way. */
  #reads = 0;
  #closed = false;
  /** Bytes that are not written yet. */
  waiting = 0;

  constructor(owner: BodyFileOwner, folder = tmpdir()) {
    this.#owner = owner;
    const path = join(folder, `ficus-body-${randomUUID()}`);
    // wx+: made new, or refused; a link that somebody has put there is not followed.
    open(path, 'wx+', 0o600, (error, fd) => {
      if (error !== null) {
        this.#failed(error);
        return;
      }
      this.#fd = fd;
      unlink(path, (left) => this.#done(left));
    });
  }

  /** `piece` is the file's to keep. */
  append(piece: Buffer): void {
    if (this.#closed) return;
    this.#queue.push(piece);
    this.waiting += piece.length;
    this.#next();
  }

  /** Reads what is at `position`, once all is settled. 0 bytes: the end. */
  read(into: Buffer, position: number, done: (error: Error | null, bytes: number) => void): void {
    // Whoever still reads then is late: its request is over.
    if (this.#closed) return;
    this.#reads++;
    read(this.#fd, into, 0, into.length, position, (error, bytes) => {
      this.#reads--;
      if (this.#closed) this.#release();
      else done(error, bytes);
    });
  }

  close(): void {
    this.#closed = true;
    this.#queue = [];
    this.#release();
  }

  #next(): void {
    if (this.#busy || this.#queue.length === 0) return;
    this.#busy = true;
    const pieces = this.#queue;
    this.#queue = [];
    this.#write(pieces);
  }

  #write(pieces: readonly Buffer[]): void {
    writev(this.#fd, pieces, this.#written, (error, bytes) => {
      if (error !== null) {
        this.#failed(error);
        return;
      }
      this.#written += bytes;
      this.waiting -= bytes;
      const rest = this.#closed ? [] : unwritten(pieces, bytes);
      if (rest.length > 0) this.#write(rest);
      else this.#done(null);
    });
  }

  #done(error: Error | null): void {
    if (error !== null) {
      this.#failed(error);
      return;
    }
    this.#busy = false;
    if (this.#closed) this.#release();
    else if (this.#queue.length > 0) this.#next();
    else this.#owner.fileSettled();
  }

  #failed(error: Error): void {
    this.#busy = false;
    const told = this.#closed;
    this.close();
    if (!told) this.#owner.fileFailed(error);
  }

  /** A number that is closed too early may be somebody else's file by the time that it is used. */
  #release(): void {
    if (this.#fd < 0 || this.#busy || this.#reads > 0) return;
    close(this.#fd, () => undefined);
    this.#fd = -1;
  }
}

/** What of `pieces` is left after their first `bytes`. */
function unwritten(pieces: readonly Buffer[], bytes: number): readonly Buffer[] {
  let from = bytes;
  const rest: Buffer[] = [];
  for (const piece of pieces) {
    if (from < piece.length) rest.push(piece.subarray(from));
    from = Math.max(0, from - piece.length);
  }
  return rest;
}
