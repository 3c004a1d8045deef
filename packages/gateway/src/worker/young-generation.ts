/**
 * How large V8's young generation may be. What a request makes is garbage a moment later, so a large one only takes memory; but
 * one that requests in flight nearly fill is copied again and again. So: 1 MiB while a worker idles, more once it is busy.
 */

/** Requests a second from which on memory is traded for time. */
const busyRequests = 4000;

/**
 * For a worker's command line: the most there may be, and no growth before `YoungGeneration` allows it. V8's middle compiler takes as
 * much as that costs, and what is hot is the last one's soon.
 */
export const youngGenerationFlags = [
  '--max-semi-space-size=4',
  '--semi-space-growth-factor=1',
  '--no-maglev',
  '--expose-gc',
];

/**
 * Gives back what loading the program took and no longer needs: some 4 MiB of a worker. For the time before it serves, for it
 * takes some 20 ms.
 */
export function dropLoadingGarbage(): void {
  const collect = globalThis.gc as ((options: object) => void) | undefined;
  collect?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

export class YoungGeneration {
  readonly #everyMs: number;
  #requests = 0;
  #mayGrow = false;

  /** `tick` comes every so often. */
  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** `requests`: served since the start. */
  tick(requests: number): void {
    const served = requests - this.#requests;
    this.#requests = requests;
    if (this.#mayGrow || served * 1000 < busyRequests * this.#everyMs) return;
    this.#mayGrow = true;
    // Loaded only now: a worker that idles has no megabyte for it.
    void import('node:v8').then(({ setFlagsFromString }) =>
      setFlagsFromString('--semi-space-growth-factor=2'),
    );
  }
}
