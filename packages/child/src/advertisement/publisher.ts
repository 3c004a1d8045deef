/** Publishes the advertisement at every change, at most so many times a second, with a growing revision. */
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '@ficus/common/clock.ts';
import {
  type AdvertisedUplink,
  advertisementLimits,
  advertisementPath,
} from '@ficus/common/uplink/advertisement.ts';
import type { PublishedDocument } from '@ficus/gateway/runtime/data-plane.ts';
import { buildAdvertisement } from './build.ts';

export interface PublisherOptions {
  readonly child: string;
  readonly version: string;
  /** New at every start. */
  readonly epoch: string;
  readonly publish: (document: PublishedDocument) => void;
  readonly clock: Clock;
  /** Shortest time between two publications; default 100 ms. A first change is never held back. */
  readonly minIntervalMs?: number;
}

/** Turns many changes into few documents; the last state always gets out. */
export class AdvertisementPublisher {
  readonly #options: PublisherOptions;
  readonly #minIntervalMs: number;
  #uplinks: readonly AdvertisedUplink[] = [];
  #published: readonly AdvertisedUplink[] | undefined;
  #draining = false;
  #revision = 0;
  #lastAt = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#minIntervalMs = options.minIntervalMs ?? 100;
  }

  /** Publishes `uplinks` now or as soon as the rate allows; nothing when they are what is out already. */
  update(uplinks: readonly AdvertisedUplink[]): void {
    this.#uplinks = uplinks;
    if (this.#cancel !== undefined) return;
    const wait = this.#lastAt + this.#minIntervalMs - this.#options.clock.monotonic();
    if (wait <= 0) {
      this.#publish();
      return;
    }
    this.#cancel = this.#options.clock.after(wait, () => {
      this.#cancel = undefined;
      this.#publish();
    });
  }

  /** Says at once, past any rate, that this child is going away. */
  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#published = undefined;
    this.close();
    this.#publish();
  }

  /** Drops a publication that waits for its turn. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #publish(): void {
    if (isDeepStrictEqual(this.#published, this.#uplinks)) return;
    const { child, version, epoch, clock } = this.#options;
    const revision = this.#revision + 1;
    const draining = this.#draining;
    const { body } = buildAdvertisement({
      child,
      version,
      epoch,
      revision,
      draining,
      uplinks: this.#uplinks,
    });
    this.#options.publish({ path: advertisementPath, body, heartbeatMs: advertisementLimits.heartbeatMs });
    this.#revision = revision;
    this.#published = this.#uplinks;
    this.#lastAt = clock.monotonic();
  }
}
