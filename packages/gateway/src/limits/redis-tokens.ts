/** Token buckets in Redis, shared by all gateways that use it. */
import { type BucketRules, fillMs } from './bucket.ts';
import { ask, type Tokens, type TokenWaiter } from './limits.ts';
import type { RedisLink } from './redis-link.ts';
import { keyPrefix } from './redis-script.ts';

export class RedisTokens implements Tokens {
  readonly #link: RedisLink;
  readonly #prefix: string;
  readonly #args: readonly string[];
  readonly #instead: Tokens | undefined;

  /**
   * `name`: the middleware's, as Traefik writes it. `instead`: limits while Redis does not answer; undefined: nothing passes then.
   */
  constructor(link: RedisLink, name: string, rules: BucketRules, instead: Tokens | undefined) {
    this.#link = link;
    this.#prefix = `${keyPrefix}${name}:`;
    // Not to be forgotten before it is full: it would be full at once.
    const seconds = Math.ceil(fillMs(rules) / 1000) + 1;
    this.#args = [rules.rate / 1000, rules.burst, rules.maxDelayMs * 1000, seconds].map(String);
    this.#instead = instead;
  }

  take(): number {
    return ask;
  }

  ask(source: string, waiter: TokenWaiter): void {
    void this.#link.take(this.#prefix + source, this.#args).then((wait) => {
      if (wait !== undefined) waiter.decided(wait);
      else this.#withoutRedis(source, waiter);
    });
  }

  #withoutRedis(source: string, waiter: TokenWaiter): void {
    if (this.#instead === undefined) {
      waiter.undecided();
      return;
    }
    const wait = this.#instead.take(source);
    if (Number.isNaN(wait)) this.#instead.ask(source, waiter);
    else waiter.decided(wait);
  }
}
