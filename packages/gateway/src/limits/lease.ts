/** What this worker has of one source's units. */
import type { Visit } from '../middleware/middleware.ts';

/** `W`: who waits for a unit here. One object stands for every request of the source that is under way. */
export class Lease<W> implements Visit {
  readonly source: string;
  /** Units here that nobody uses. */
  idle = 0;
  /** Units that come back when their requests end. */
  inUse = 0;
  /** Units given ahead that were used up since the main process was last told. */
  spent = 0;
  /** How many more to ask for than are needed: more and more while they are used up, so that a busy source seldom asks. */
  ahead = 0;
  /** Monotonic milliseconds before which there will be none: no need to ask. */
  noneUntil = 0;
  /** Used since the last sweep. */
  used = true;
  /** Who waits, not asked for yet. */
  waiting: W[] = [];
  /** Who waits for the answer that is under way; undefined: none is. */
  asked: W[] | undefined;

  constructor(source: string) {
    this.source = source;
  }

  /** Nothing here needs it. */
  get vacant(): boolean {
    return this.inUse === 0 && this.asked === undefined && this.waiting.length === 0;
  }

  finished(): void {
    this.inUse--;
    this.idle++;
    this.used = true;
  }
}
