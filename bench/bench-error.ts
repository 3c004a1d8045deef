/** The errors a person at the benchmark reads: what went wrong and what to do about it. */

/** `message` says what was expected and found; `remedy` is the next step. Printed without a stack trace. */
export class BenchError extends Error {
  override readonly name = 'BenchError';
  readonly remedy: string | undefined;

  constructor(message: string, remedy?: string) {
    super(message);
    this.remedy = remedy;
  }
}

/** A gateway has no place in a scenario, which is said and is no failure. */
export class LeftOut extends BenchError {}
