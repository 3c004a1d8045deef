/** What a row of answers makes of an endpoint: it takes as many against the verdict as the thresholds say to turn it. */
import type { HealthCheckModel } from '../model/model.ts';

export class Standing {
  /** undefined until it is proven: then its initial state counts. */
  up: boolean | undefined;
  /** Answers in a row against `up`. */
  #against = 0;

  /** Counts one answer; true when `up` is another one now. */
  add(
    good: boolean,
    {
      healthyThreshold,
      unhealthyThreshold,
    }: Pick<HealthCheckModel, 'healthyThreshold' | 'unhealthyThreshold'>,
  ): boolean {
    if (good === this.up) {
      this.#against = 0;
      return false;
    }
    // Somebody who is met for the first time, and answers well, need not prove it again and again.
    const enough = !good ? unhealthyThreshold : this.up === undefined ? 1 : healthyThreshold;
    if (++this.#against < enough) return false;
    this.up = good;
    this.#against = 0;
    return true;
  }
}
