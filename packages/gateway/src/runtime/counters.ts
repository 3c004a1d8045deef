/** Plain numbers incremented on the request path and read a few times a second. */

export class EntryPointCounters {
  /** Responses by status code, index is the code. */
  readonly codes = new Float64Array(600);
  connectionsAccepted = 0;
  connectionsRefused = 0;
  inFlight = 0;
  /** Requests that are over, whatever became of them. */
  served = 0;

  count(status: number): void {
    this.served++;
    this.codes[status < 600 ? status : 0]! += 1;
  }
}

/** Refusals by error code; rare, so a map will do. */
export class Refusals {
  readonly counts = new Map<string, number>();

  count(code: string): void {
    this.counts.set(code, (this.counts.get(code) ?? 0) + 1);
  }
}
