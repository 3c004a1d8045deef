/** A bounded list of what went wrong with one child, for `ficus status`. */
import type { StatusProblem } from '@ficus/common/api/admin.ts';
import type { Clock } from '@ficus/common/clock.ts';

/** Problems kept per child; the oldest goes first. */
const kept = 20;
const longestMessage = 400;

/** Newest first; the same code and sentence again only raises the count, so nothing a child does grows memory. */
export class ProblemList {
  readonly #clock: Clock;
  readonly #entries = new Map<string, { problem: StatusProblem; seen: number }>();
  #seen = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True when it is new (worth a log line). */
  add(code: string, message: string): boolean {
    const text = message.length > longestMessage ? `${message.slice(0, longestMessage)}…` : message;
    const key = `${code} ${text}`;
    const before = this.#entries.get(key);
    // Re-inserted, so that the map's order is the order of last sight.
    this.#entries.delete(key);
    const at = new Date(this.#clock.now()).toISOString();
    this.#seen += 1;
    this.#entries.set(key, {
      problem: { code, message: text, at, count: (before?.problem.count ?? 0) + 1 },
      seen: this.#seen,
    });
    if (this.#entries.size > kept) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
    return before === undefined;
  }

  /** Forgets problems whose code is `code` or begins with `code.`: what they told of is mended. */
  clear(code: string): void {
    for (const [key, { problem }] of this.#entries) {
      if (problem.code === code || problem.code.startsWith(`${code}.`)) this.#entries.delete(key);
    }
  }

  list(): readonly StatusProblem[] {
    return [...this.#entries.values()].sort((a, b) => b.seen - a.seen).map(({ problem }) => problem);
  }
}
