/** One body on its way through an encoder, which works in other threads: bounded in memory, waiting on both sides. */
import type { Encoder, EncoderKind } from './encoders.ts';

/** Who gets what comes out. Nothing after `compressedAll`, `compressorFailed` or `destroy`. */
export interface CompressorOwner {
  /** The piece is valid only until this returns. False: stop until `resume`. */
  compressed(piece: Buffer): boolean;
  compressedAll(): void;
  /** There is room for more. */
  compressorDrained(): void;
  compressorFailed(): void;
}

/** A piece of a turn that has grown so large goes to the encoder before the turn ends. */
const pieceBytes = 65_536;
/** With so much waiting the source stops. */
const mostWaiting = 131_072;

export class Compressor {
  readonly #owner: CompressorOwner;
  readonly #encoder: Encoder;
  readonly #flushKind: number;
  /** What this turn has brought. */
  #turn: Buffer[] = [];
  #turnBytes = 0;
  /** Something was written that no flush has followed yet. */
  #unflushed = false;
  #held = false;
  #over = false;

  constructor(owner: CompressorOwner, kind: EncoderKind, length: number) {
    this.#owner = owner;
    this.#encoder = kind.make(length);
    this.#flushKind = kind.flushKind;
    this.#encoder.on('data', (piece: Buffer) => {
      if (!this.#over && !owner.compressed(piece)) this.#encoder.pause();
    });
    this.#encoder.on('end', () => {
      if (this.#over) return;
      this.#over = true;
      owner.compressedAll();
    });
    this.#encoder.on('error', () => {
      if (this.#over) return;
      this.#over = true;
      owner.compressorFailed();
    });
  }

  /** Takes a copy. False: stop until `compressorDrained`. */
  write(chunk: Buffer): boolean {
    if (this.#over) return true;
    this.#turn.push(Buffer.from(chunk));
    this.#turnBytes += chunk.length;
    if (this.#turnBytes >= pieceBytes) this.#push();
    if (this.#waiting < mostWaiting) return true;
    this.#held = true;
    return false;
  }

  /** What was written leaves, although more will follow. */
  flush(): void {
    if (this.#over || (!this.#unflushed && this.#turnBytes === 0)) return;
    this.#push();
    this.#unflushed = false;
    this.#encoder.flush(this.#flushKind);
  }

  end(): void {
    if (this.#over) return;
    this.#push();
    this.#encoder.end();
  }

  /** The owner takes pieces again. */
  resume(): void {
    if (!this.#over) this.#encoder.resume();
  }

  /** Nobody wants the rest. */
  destroy(): void {
    this.#over = true;
    this.#turn = [];
    this.#encoder.destroy();
  }

  get #waiting(): number {
    return this.#turnBytes + this.#encoder.writableLength;
  }

  #push(): void {
    if (this.#turnBytes === 0) return;
    const [only] = this.#turn;
    const piece = this.#turn.length === 1 ? (only as Buffer) : Buffer.concat(this.#turn, this.#turnBytes);
    this.#turn = [];
    this.#turnBytes = 0;
    this.#unflushed = true;
    this.#encoder.write(piece, () => {
      if (this.#over || !this.#held || this.#waiting >= pieceBytes) return;
      this.#held = false;
      this.#owner.compressorDrained();
    });
  }
}
