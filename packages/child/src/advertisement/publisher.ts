/** Publishes the advertisement at every change, at most so many times a second, with a growing revision. */
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '@ficus/common/clock.ts';
import { FicusError } from '@ficus/common/errors.ts';
import type { LogLine } from '@ficus/common/log.ts';
import {
  type AdvertisedUplink,
  type Advertisement,
  advertisementLimits,
  advertisementPath,
} from '@ficus/common/uplink/advertisement.ts';
import type { ProviderState } from '@ficus/common/uplink/provider-state.ts';
import type { PublishedDocument } from '@ficus/gateway/runtime/data-plane.ts';
import { buildAdvertisement } from './build.ts';

export interface PublisherOptions {
  readonly child: string;
  readonly version: string;
  /** New at every start. */
  readonly epoch: string;
  readonly publish: (document: PublishedDocument) => void;
  readonly clock: Clock;
  readonly log: LogLine;
  /** Shortest time between two publications; default 100 ms. A first change is never held back. */
  readonly minIntervalMs?: number;
}

/** What changes of the document. */
type Content = Pick<Advertisement, 'uplinks' | 'emptied' | 'providers'>;

/** Turns many changes into few documents; the last state always gets out. */
export class AdvertisementPublisher {
  readonly #options: PublisherOptions;
  readonly #minIntervalMs: number;
  #content: Content | undefined;
  #published: Content | undefined;
  #providers: readonly ProviderState[] | undefined;
  /** What is out. */
  #names: ReadonlySet<string> = new Set();
  #leftOut = 0;
  #draining = false;
  #revision = 0;
  #lastAt = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#minIntervalMs = options.minIntervalMs ?? 100;
  }

  /**
   * Publishes `uplinks` now or as soon as the rate allows; nothing when they are what is out already. `emptied`: there are none
   * because what stood behind them is gone.
   */
  update(uplinks: readonly AdvertisedUplink[], emptied = false): void {
    const gone = emptied && uplinks.length === 0;
    this.#content = {
      uplinks,
      ...(gone ? { emptied: true } : {}),
      ...(this.#providers && { providers: this.#providers }),
    };
    this.#soon();
  }

  /** The same with how the providers fare; before the first uplinks nothing is published. */
  updateProviders(providers: readonly ProviderState[]): void {
    this.#providers = providers;
    if (this.#content !== undefined) this.update(this.#content.uplinks, this.#content.emptied);
  }

  #soon(): void {
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
    const content = this.#content ?? { uplinks: [] };
    if (isDeepStrictEqual(this.#published, content)) return;
    const { child, version, epoch, clock } = this.#options;
    const revision = this.#revision + 1;
    const draining = this.#draining;
    const head = { child, version, epoch, revision, draining };
    const { document, body, leftOut } = buildAdvertisement({ ...head, ...content }, this.#names);
    this.#sayLeftOut(leftOut);
    this.#options.publish({ path: advertisementPath, body, heartbeatMs: advertisementLimits.heartbeatMs });
    this.#revision = revision;
    this.#published = content;
    this.#names = new Set(document.uplinks.map(({ name }) => name));
    this.#lastAt = clock.monotonic();
  }

  /** Once for as long as it lasts. */
  #sayLeftOut(count: number): void {
    if (count > 0 && this.#leftOut === 0) {
      const err = new FicusError(
        'advertisement.too-big',
        `want at most ${advertisementLimits.uplinks} uplinks in ${advertisementLimits.bytes} bytes, found ${count} more`,
        { remedy: 'run several children, each with a part of the workloads' },
      );
      this.#options.log('error', 'not every uplink is advertised: those that were are', { err });
    }
    this.#leftOut = count;
  }
}
