/** Writes pieces to a client, one after the other, and gives up on one that takes nothing or lasts too long. */
import type { Clock } from '@ficus/common/clock.ts';

export interface Pace {
  /** Longest time for one piece, milliseconds. */
  readonly stallMs: number;
  /** Longest time for all, milliseconds. */
  readonly wholeMs: number;
  readonly clock: Clock;
}

/** What this needs of an HTTP response. */
export interface Sink {
  write(piece: Uint8Array, taken: (error?: Error | null) => void): unknown;
  end(): unknown;
  destroy(): unknown;
  once(event: 'close', listener: () => void): unknown;
}

/**
 * Resolves with how it ended; the response is then ended or destroyed. A piece is asked for when the one before has left for
 * the kernel, so one buffer is all that a download needs.
 */
export async function send(
  pieces: AsyncIterable<Uint8Array>,
  to: Sink,
  { stallMs, wholeMs, clock }: Pace,
): Promise<'sent' | 'gone' | 'stalled' | 'too long'> {
  const { promise: over, resolve: stop } = Promise.withResolvers<'gone' | 'too long'>();
  to.once('close', () => stop('gone'));
  const cancelWhole = clock.after(wholeMs, () => stop('too long'));
  const taken = (piece: Uint8Array) => {
    const { promise, resolve } = Promise.withResolvers<'gone' | 'stalled' | undefined>();
    const cancelStall = clock.after(stallMs, () => resolve('stalled'));
    to.write(piece, (error) => resolve(error ? 'gone' : undefined));
    return promise.finally(cancelStall);
  };
  try {
    for await (const piece of pieces) {
      const failed = await Promise.race([taken(piece), over]);
      if (failed === undefined) continue;
      to.destroy();
      return failed;
    }
    to.end();
    return 'sent';
  } catch (error) {
    // The file could not be read any more: half of it must not look like all of it.
    to.destroy();
    throw error;
  } finally {
    cancelWhole();
  }
}
