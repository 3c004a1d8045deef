/** One reading of a stored body, from its beginning, as fast as its reader takes it. */
import type { BodyFile } from './body-file.ts';

/** Who reads a stored body. */
export interface BodyReader {
  /** Valid only until this returns. False: stop until `resume`. */
  piece(chunk: Buffer): boolean;
  /** That was all. */
  whole(): void;
  /** What could be read now has been. */
  pieceTurnEnd(): void;
  unreadable(error: Error): void;
}

const readBytes = 65_536;

export class StoreReading {
  readonly #pieces: readonly Buffer[];
  readonly #file: BodyFile | undefined;
  readonly #reader: BodyReader;
  #at = 0;
  #position = 0;
  #buffer: Buffer | undefined;
  /** It is giving pieces, or waits for the file. */
  #running = false;
  #wanted = false;
  #over = false;

  /** `file` has what follows `pieces`. */
  constructor(pieces: readonly Buffer[], file: BodyFile | undefined, reader: BodyReader) {
    this.#pieces = pieces;
    this.#file = file;
    this.#reader = reader;
  }

  /** Begins, or goes on. */
  resume(): void {
    this.#wanted = true;
    if (!this.#running) this.#run();
  }

  cancel(): void {
    this.#over = true;
    this.#buffer = undefined;
  }

  #run(): void {
    this.#running = true;
    while (this.#wanted && !this.#over) {
      const piece = this.#pieces[this.#at];
      if (piece === undefined) {
        this.#fromFile();
        return;
      }
      this.#at++;
      this.#give(piece);
    }
    this.#rest();
  }

  /** Gives one piece; a reader that says false and asks again meanwhile gets more all the same. */
  #give(piece: Buffer): void {
    this.#wanted = false;
    if (this.#reader.piece(piece)) this.#wanted = true;
  }

  #rest(): void {
    this.#running = false;
    if (!this.#over) this.#reader.pieceTurnEnd();
  }

  #fromFile(): void {
    if (this.#file === undefined) {
      this.#finish();
      return;
    }
    // What memory gave must not wait for the disk.
    this.#reader.pieceTurnEnd();
    if (this.#over) return;
    this.#buffer ??= Buffer.allocUnsafeSlow(readBytes);
    this.#file.read(this.#buffer, this.#position, (error, bytes) => {
      if (this.#over) return;
      if (error !== null) {
        this.#over = true;
        this.#reader.unreadable(error);
      } else if (bytes === 0) {
        this.#finish();
      } else {
        this.#position += bytes;
        this.#give((this.#buffer as Buffer).subarray(0, bytes));
        this.#run();
      }
    });
  }

  #finish(): void {
    this.#over = true;
    this.#running = false;
    this.#buffer = undefined;
    this.#reader.whole();
    this.#reader.pieceTurnEnd();
  }
}
