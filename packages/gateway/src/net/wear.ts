/** How worn a connection is: after so many requests, or so much time, its client is asked to make another one. */
import type { KeepAliveModel } from '../model/entry-point-rules.ts';

export class Wear {
  readonly #most: number;
  readonly #until: number;
  #requests = 0;

  /** `now`: monotonic milliseconds, when the connection was accepted. */
  constructor(model: KeepAliveModel | undefined, now: number) {
    const { maxRequests = 0, maxTimeMs = 0 } = model ?? {};
    this.#most = maxRequests > 0 ? maxRequests : Number.POSITIVE_INFINITY;
    this.#until = maxTimeMs > 0 ? now + maxTimeMs : Number.POSITIVE_INFINITY;
  }

  /** One more request begins at `now`: whether its answer says goodbye. */
  another(now: number): boolean {
    this.#requests++;
    return this.#requests >= this.#most || this.past(now);
  }

  /** Its time is over. */
  past(now: number): boolean {
    return now >= this.#until;
  }
}
