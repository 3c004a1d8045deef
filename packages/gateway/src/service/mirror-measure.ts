/** What is known of the answers of one service: how many of which status, how fast, how large. */

/** Upper bounds in milliseconds; what is slower has a place of its own at the end. */
export const latencyBounds: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

export class Measure {
  readonly codes: Record<number, number> = {};
  readonly latencies: number[] = new Array(latencyBounds.length + 1).fill(0) as number[];
  /** Of all of `latencies`, for their mean. */
  totalMs = 0;
  bytes = 0;

  answered(status: number, ms: number): void {
    this.codes[status] = (this.codes[status] ?? 0) + 1;
    let place = 0;
    while (place < latencyBounds.length && ms > (latencyBounds[place] as number)) place++;
    this.latencies[place]! += 1;
    this.totalMs += ms;
  }
}
