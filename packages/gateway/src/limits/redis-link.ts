/** One Redis as limiters use it: says at once when it is not there, tries again by itself, and lets go when nobody asks. */
import type { Clock } from '@ficus/common/clock.ts';
import type { RedisModel } from '../model/middleware/rate-limit.ts';
import type { DataPlaneLog } from '../runtime/data-plane.ts';
import type { openRedis, RedisConnection } from './redis-client.ts';

/** After a failure the first attempt comes after so long, later ones after more. */
const firstPauseMs = 250;
const longestPauseMs = 5000;
/** A connection nobody uses is closed. */
const idleMs = 300_000;

type State =
  /** The first attempt since somebody wanted it: worth waiting for. */
  | { readonly is: 'opening'; readonly opened: Promise<void> }
  | { readonly is: 'open'; readonly connection: RedisConnection }
  /** Tried again now and then, meanwhile nobody waits. */
  | { readonly is: 'down' }
  | { readonly is: 'closed' };

export class RedisLink implements Disposable {
  readonly #model: RedisModel;
  readonly #clock: Clock;
  readonly #log: DataPlaneLog;
  readonly #open: typeof openRedis;
  #state: State = { is: 'closed' };
  #connection: RedisConnection | undefined;
  #pauseMs = firstPauseMs;
  #usedAt = 0;
  /** Requests that were decided on without it since it went down. */
  #missed = 0;
  #wasDown = false;

  constructor(model: RedisModel, clock: Clock, log: DataPlaneLog, open: typeof openRedis) {
    this.#model = model;
    this.#clock = clock;
    this.#log = log;
    this.#open = open;
    this.#start();
  }

  /** Milliseconds as `Tokens.take` has them; undefined when Redis can't say. Never rejects. */
  async take(key: string, args: readonly string[]): Promise<number | undefined> {
    this.#usedAt = this.#clock.monotonic();
    if (this.#state.is === 'closed') this.#start();
    if (this.#state.is === 'opening') await this.#state.opened;
    const state = this.#state;
    if (state.is === 'open') {
      const { connection } = state;
      try {
        const answer = await this.#within(this.#model.answerMs, connection.take(key, args));
        const wait = Number(answer);
        if (Number.isFinite(wait)) return wait / 1000;
        this.#lost(connection, new Error('it did not answer with a number'));
      } catch (error) {
        this.#lost(connection, error as Error);
      }
    }
    this.#missed++;
    return undefined;
  }

  /** Whoever asks again opens it again. */
  [Symbol.dispose](): void {
    this.#close();
  }

  #close(): void {
    this.#state = { is: 'closed' };
    this.#connection?.destroy();
    this.#connection = undefined;
  }

  #start(): void {
    this.#usedAt = this.#clock.monotonic();
    this.#state = { is: 'opening', opened: this.#attempt() };
    this.#closeWhenIdle();
  }

  /** Never rejects. */
  async #attempt(): Promise<void> {
    let connection: RedisConnection | undefined;
    try {
      const opening = await this.#open(this.#model, (error) => this.#lost(opening, error));
      connection = opening;
      this.#connection = opening;
      await this.#within(this.#model.dialMs, opening.connect());
      if (this.#state.is === 'closed') opening.destroy();
      else this.#opened(opening);
    } catch (error) {
      connection?.destroy();
      this.#failed(error as Error);
    }
  }

  #opened(connection: RedisConnection): void {
    this.#state = { is: 'open', connection };
    this.#pauseMs = firstPauseMs;
    if (this.#wasDown) {
      this.#log('warn', 'Redis answers again: the rate limit holds over all gateways', {
        redis: this.#name,
        requests: this.#missed,
      });
    }
    this.#wasDown = false;
    this.#missed = 0;
  }

  /** `connection` is of no use any more, if it was. */
  #lost(connection: RedisConnection, error: Error): void {
    if (this.#state.is !== 'open' || this.#state.connection !== connection) return;
    connection.destroy();
    this.#failed(error);
  }

  #failed(error: Error): void {
    this.#connection = undefined;
    if (this.#state.is === 'closed') return;
    this.#state = { is: 'down' };
    if (!this.#wasDown) {
      this.#wasDown = true;
      const what = this.#model.denyOnError
        ? 'requests under its rate limit are refused'
        : 'the rate limit holds in this gateway alone';
      this.#log('warn', `Redis does not answer: ${what}`, { redis: this.#name, error: reason(error) });
    }
    const pause = this.#pauseMs;
    this.#pauseMs = Math.min(2 * pause, longestPauseMs);
    this.#clock.after(pause, () => {
      // Down as long as it is tried: nobody waits for it.
      if (this.#state.is === 'down') void this.#attempt();
    });
  }

  get #name(): string {
    return this.#model.endpoints.map(({ host, port }) => `${host}:${port}`).join(',');
  }

  #closeWhenIdle(): void {
    this.#clock.after(idleMs, () => {
      if (this.#state.is === 'closed') return;
      if (this.#clock.monotonic() - this.#usedAt < idleMs) this.#closeWhenIdle();
      else this.#close();
    });
  }

  /** `promise`, or a rejection when it takes longer than that. */
  #within<T>(ms: number, promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(ms, () => reject(new Error(`no answer within ${ms} ms`)));
      promise.then(
        (value) => {
          cancel();
          resolve(value);
        },
        (error: unknown) => {
          cancel();
          reject(error as Error);
        },
      );
    });
  }
}

/** Never more than what kind of failure it is: Redis may quote what it was sent. */
function reason(error: Error & { readonly code?: unknown }): string {
  if (typeof error.code === 'string') return error.code;
  return error.message.slice(0, 120);
}
