/** A stream that ends with an error when nobody takes from it, or when it lasts too long. */
import { Readable } from 'node:stream';
import type { Clock } from '@ficus/common/clock.ts';
import { FicusError } from '@ficus/common/errors.ts';
import { pieceBytes } from './sums.ts';

export interface Pace {
  /** Longest time in which no piece is taken, milliseconds. */
  readonly stallMs: number;
  /** Longest time for all, milliseconds. */
  readonly wholeMs: number;
  readonly clock: Clock;
}

/** The next piece is read when the one before was taken: at most two are in memory. */
export function paced(source: AsyncIterable<Buffer>, { stallMs, wholeMs, clock }: Pace): Readable {
  let cancelStall = () => {};
  async function* taken() {
    for await (const piece of source) {
      cancelStall();
      cancelStall = clock.after(stallMs, () => stream.destroy(late('took nothing', stallMs)));
      yield piece;
    }
  }
  const stream = Readable.from(taken(), { objectMode: false, highWaterMark: pieceBytes });
  const cancelWhole = clock.after(wholeMs, () => stream.destroy(late('did not end', wholeMs)));
  return stream.once('close', () => {
    cancelStall();
    cancelWhole();
  });
}

function late(what: string, ms: number): FicusError {
  return new FicusError('install.too-slow', `the download ${what} for ${ms / 1000} s and was cut`, {
    status: 503,
    remedy: 'resume it',
  });
}
