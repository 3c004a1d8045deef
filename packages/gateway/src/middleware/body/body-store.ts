/** A body kept whole: its beginning in memory, what is beyond that in a temporary file. */
import { BodyFile, type BodyFileOwner } from './body-file.ts';
import { type BodyReader, StoreReading } from './store-reading.ts';

/** Hears of the store's file; nothing after `close`. */
export interface BodyStoreOwner {
  /** It takes more again, after a `write` that said false. */
  storeDrained(): void;
  storeFailed(error: Error): void;
}

/** Bytes on their way into the file before the source is stopped. */
const mostWaiting = 262_144;

export class BodyStore implements BodyFileOwner {
  readonly #owner: BodyStoreOwner;
  readonly #memoryBytes: number;
  readonly #folder: string | undefined;
  readonly #pieces: Buffer[] = [];
  #inMemory = 0;
  #file: BodyFile | undefined;
  #held = false;
  #settled: (() => void) | undefined;
  /** Bytes of the body so far. */
  length = 0;

  /** `folder`: for the file. Default: the system's for temporary ones. */
  constructor(memoryBytes: number, owner: BodyStoreOwner, folder?: string) {
    this.#memoryBytes = memoryBytes;
    this.#owner = owner;
    this.#folder = folder;
  }

  /** Takes a copy. False: stop until `storeDrained`. */
  write(chunk: Buffer): boolean {
    this.length += chunk.length;
    const room = this.#file === undefined ? this.#memoryBytes - this.#inMemory : 0;
    if (room >= chunk.length) {
      this.#keep(Buffer.from(chunk));
      return true;
    }
    if (room > 0) this.#keep(Buffer.from(chunk.subarray(0, room)));
    this.#file ??= new BodyFile(this, this.#folder);
    this.#file.append(Buffer.from(chunk.subarray(Math.max(0, room))));
    this.#held = this.#file.waiting > mostWaiting;
    return !this.#held;
  }

  /** Nothing more comes. `ready` runs when it can be read: at once when all is in memory. */
  end(ready: () => void): void {
    if (this.#file === undefined || this.#file.waiting === 0) ready();
    else this.#settled = ready;
  }

  /** Reads it from its beginning, after `end`; one reading at a time. */
  read(reader: BodyReader): StoreReading {
    return new StoreReading(this.#pieces, this.#file, reader);
  }

  /** Nobody wants it any more. */
  close(): void {
    this.#settled = undefined;
    this.#file?.close();
  }

  fileSettled(): void {
    if (this.#held) {
      this.#held = false;
      this.#owner.storeDrained();
    }
    const ready = this.#settled;
    this.#settled = undefined;
    ready?.();
  }

  fileFailed(error: Error): void {
    this.#settled = undefined;
    this.#owner.storeFailed(error);
  }

  #keep(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#inMemory += piece.length;
  }
}
