/** Which advertisement of a child is believed: one that would empty everything waits first. */
import type { Clock } from '@ficus/common/clock.ts';
import type { Advertisement } from '@ficus/common/uplink/advertisement.ts';

/** How long an advertisement that takes everything away is doubted. */
export const doubtMs = 10_000;

/** The last believed advertisement of one child. `onBelieved` runs at each change of it. */
export class Belief {
  readonly #clock: Clock;
  readonly #onBelieved: (advertisement: Advertisement) => void;
  #believed: Advertisement | undefined;
  #doubted: { advertisement: Advertisement; cancel: () => void } | undefined;

  constructor(clock: Clock, onBelieved: (advertisement: Advertisement) => void, initial?: Advertisement) {
    this.#clock = clock;
    this.#onBelieved = onBelieved;
    this.#believed = initial;
  }

  get believed(): Advertisement | undefined {
    return this.#believed;
  }

  /** True while an advertisement that would empty everything waits. */
  get doubting(): boolean {
    return this.#doubted !== undefined;
  }

  /**
   * Takes a granted advertisement. All uplinks gone at once, without `draining` or `emptied`, is more often a child that has
   * lost its configuration than a wish: it is believed only if it stays so for `doubtMs`.
   */
  offer(advertisement: Advertisement): void {
    const empties =
      !advertisement.draining &&
      !advertisement.emptied &&
      advertisement.uplinks.length === 0 &&
      (this.#believed?.uplinks.length ?? 0) > 0;
    if (!empties) {
      this.close();
      this.#believe(advertisement);
      return;
    }
    if (this.#doubted !== undefined) {
      this.#doubted.advertisement = advertisement;
      return;
    }
    const cancel = this.#clock.after(doubtMs, () => {
      const doubted = this.#doubted;
      this.#doubted = undefined;
      if (doubted !== undefined) this.#believe(doubted.advertisement);
    });
    this.#doubted = { advertisement, cancel };
  }

  /** Stops the clock of a doubted advertisement. */
  close(): void {
    this.#doubted?.cancel();
    this.#doubted = undefined;
  }

  #believe(advertisement: Advertisement): void {
    this.#believed = advertisement;
    this.#onBelieved(advertisement);
  }
}
