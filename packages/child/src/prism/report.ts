/** Tells how the provider fares: its state when that changes, a log line for each thing that comes and goes. */
import type { Log } from '@ficus/common/log.ts';
import { plain } from '@ficus/common/plain-text.ts';
import {
  type ProviderCondition,
  type ProviderState,
  providerStateLimits,
} from '@ficus/common/uplink/provider-state.ts';

export class Report {
  readonly #log: Log;
  readonly #tell: (state: ProviderState) => void;
  #told = '';
  #conditions: ReadonlyMap<string, ProviderCondition> = new Map();
  #failing: string | undefined;

  constructor(log: Log, tell: (state: ProviderState) => void) {
    this.#log = log;
    this.#tell = tell;
  }

  /** Says what is new in `state`. */
  state(state: ProviderState): void {
    const text = JSON.stringify(state);
    if (text === this.#told) return;
    this.#told = text;
    this.#logFailure(state);
    this.#logConditions(state.conditions);
    this.#tell(state);
  }

  #logFailure({ state, error, lastGoodAt, services, machines, endpoint }: ProviderState): void {
    if (error?.code === this.#failing) return;
    const was = this.#failing;
    this.#failing = error?.code;
    if (state === 'failing' && error !== undefined) {
      const lastGood = lastGoodAt === undefined ? 'never' : new Date(lastGoodAt).toISOString();
      this.#log.warn(
        { ...error, since: new Date(error.since).toISOString(), lastGood },
        'Prism Central does not answer well: the last good answer stays',
      );
    } else if (was !== undefined) {
      this.#log.info({ endpoint, services, machines }, 'Prism Central answers again');
    }
  }

  #logConditions(conditions: readonly ProviderCondition[]): void {
    const now = new Map(conditions.map((each) => [`${each.code}\n${each.subject}`, each]));
    for (const [key, { code, subject, message }] of now) {
      if (!this.#conditions.has(key)) this.#log.warn({ condition: code, subject }, message);
    }
    for (const [key, { code, subject }] of this.#conditions) {
      if (!now.has(key)) this.#log.info({ condition: code, subject }, 'no more');
    }
    this.#conditions = now;
  }
}

/** What failed, within a state's limits. */
export function errorOf(error: unknown, since: number): NonNullable<ProviderState['error']> {
  const { code, message, remedy } = error as { code?: unknown; message?: unknown; remedy?: unknown };
  const { name, text } = providerStateLimits;
  return {
    code: typeof code === 'string' ? plain(code, name) : 'prism.failed',
    message: plain(typeof message === 'string' ? message : String(error), text),
    ...(typeof remedy === 'string' ? { remedy: plain(remedy, text) } : {}),
    since,
  };
}
