/** Whether each address of one child is alive, from cheap probes through its data port. */
import type { Clock } from '@ficus/common/clock.ts';
import { Damping } from './damping.ts';
import type { ProbeResult } from './probe.ts';

const everyMs = 2_000;
/** While down: a refused connection costs nothing, and coming back should be noticed soon. */
const everyDownMs = 500;
/** No probes closer than this, however often the data plane complains. */
const closestMs = 100;
/** Failures in a row before a slow (not gone) address is down. */
const fall = 2;

export interface LivenessOptions {
  readonly clock: Clock;
  /** Never rejects. */
  readonly probe: (address: string) => Promise<ProbeResult>;
  /** An address went down or came back. It counts as up until it was found down. */
  readonly onVerdict: (address: string, up: boolean, reason: string) => void;
}

interface Watched {
  readonly damping: Damping;
  up: boolean;
  failures: number;
  /** Monotonic time of the first good probe since it was down. */
  wellSince: number | undefined;
  lastStart: number;
  probing: boolean;
  /** A probe was asked for while one ran. */
  again: boolean;
  cancel: () => void;
}

/** Rise 1, fall 2 (1 when the connection is refused or reset), damped when it flaps. */
export class Liveness {
  readonly #options: LivenessOptions;
  readonly #watched = new Map<string, Watched>();

  constructor(options: LivenessOptions) {
    this.#options = options;
  }

  /** Probes exactly these addresses from now on; what is known of those that stay is kept. */
  watch(addresses: readonly string[]): void {
    for (const [address, watched] of this.#watched) {
      if (addresses.includes(address)) continue;
      watched.cancel();
      this.#watched.delete(address);
    }
    for (const address of addresses) {
      if (this.#watched.has(address)) continue;
      const watched: Watched = {
        damping: new Damping(),
        up: true,
        failures: 0,
        wellSince: undefined,
        lastStart: Number.NEGATIVE_INFINITY,
        probing: false,
        again: false,
        cancel: () => {},
      };
      this.#watched.set(address, watched);
      this.#start(address, watched);
    }
  }

  /** Something looks wrong with `address` (all of them when absent): probe it now. */
  suspect(address?: string): void {
    for (const [each, watched] of this.#watched) {
      if (address !== undefined && each !== address) continue;
      if (watched.probing) watched.again = true;
      else this.#schedule(each, watched, 0);
    }
  }

  isUp(address: string): boolean {
    return this.#watched.get(address)?.up ?? true;
  }

  close(): void {
    this.watch([]);
  }

  #schedule(address: string, watched: Watched, ms: number): void {
    const sinceLast = this.#options.clock.monotonic() - watched.lastStart;
    watched.cancel();
    watched.cancel = this.#options.clock.after(Math.max(ms, closestMs - sinceLast, 0), () =>
      this.#start(address, watched),
    );
  }

  #start(address: string, watched: Watched): void {
    watched.probing = true;
    watched.again = false;
    watched.lastStart = this.#options.clock.monotonic();
    void this.#options.probe(address).then((result) => {
      watched.probing = false;
      if (this.#watched.get(address) !== watched) return;
      if (result.well) this.#well(address, watched);
      else this.#unwell(address, watched, result);
      const soon = watched.again || (watched.up && watched.failures > 0);
      this.#schedule(address, watched, soon ? 0 : watched.up ? everyMs : everyDownMs);
    });
  }

  #well(address: string, watched: Watched): void {
    watched.failures = 0;
    if (watched.up) return;
    const now = this.#options.clock.monotonic();
    watched.wellSince ??= now;
    if (now - watched.wellSince < watched.damping.holdMs()) return;
    watched.up = true;
    this.#options.onVerdict(address, true, 'the child answers again');
  }

  #unwell(
    address: string,
    watched: Watched,
    result: { readonly gone: boolean; readonly reason: string },
  ): void {
    watched.failures += 1;
    watched.wellSince = undefined;
    if (!watched.up || (!result.gone && watched.failures < fall)) return;
    watched.up = false;
    watched.damping.fell(this.#options.clock.monotonic());
    this.#options.onVerdict(address, false, `the child does not answer: ${result.reason}`);
  }
}
