/** Joins that were refused, for `ficus status`: a machine that nobody looks at can't tell it anywhere else. */
import type { StatusProblem } from '@ficus/common/api/admin.ts';
import type { Clock } from '@ficus/common/clock.ts';
import { ProblemList } from '../children/problem-list.ts';

export interface RefusedJoin {
  /** Address it came from. */
  readonly source: string;
  /** Of the token, if it is one of ours. */
  readonly child?: string;
  readonly code: string;
  readonly message: string;
}

/** How long one is shown after it was last seen. */
const shownMs = 24 * 3_600_000;

/** Bounded, whoever knocks: strangers share one entry a code, and can't push out what a token's own child did. */
export class RefusedJoins {
  readonly #clock: Clock;
  readonly #known = new Map<string, ProblemList>();
  readonly #strangers: ProblemList;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#strangers = new ProblemList(clock);
  }

  add({ source, child, code, message }: RefusedJoin): void {
    if (child === undefined) {
      this.#strangers.add(`join.refused.${code}`, `of nobody that has a token here: ${message}`);
      return;
    }
    const list = this.#known.get(child) ?? new ProblemList(this.#clock);
    this.#known.set(child, list);
    list.add(`join.refused.${code}`, `of ${child} from ${source}: ${message}`);
  }

  /** `child` has joined: what stood in its way is mended. */
  joined(child: string): void {
    this.#known.delete(child);
  }

  /** Those of the last day; older ones are forgotten. */
  list(): readonly StatusProblem[] {
    const since = this.#clock.now() - shownMs;
    const young = (list: ProblemList) => list.list().filter(({ at }) => Date.parse(at) >= since);
    for (const [child, list] of this.#known) if (young(list).length === 0) this.#known.delete(child);
    return [...[...this.#known.values()].flatMap(young), ...young(this.#strangers)];
  }
}
