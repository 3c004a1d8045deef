/** `rateLimit`: how many requests a source may send. */
import type { Clock } from '@ficus/common/clock.ts';
import type { Exchange } from '../http/exchange.ts';
import { addHeader, type Headers } from '../http/headers.ts';
import { type BucketRules, bucketRules } from '../limits/bucket.ts';
import { goDuration } from '../limits/go-duration.ts';
import type { Tokens, TokenWaiter } from '../limits/limits.ts';
import { openRedis } from '../limits/redis-client.ts';
import { RedisLink } from '../limits/redis-link.ts';
import { RedisTokens } from '../limits/redis-tokens.ts';
import { compileSource, type Source } from '../limits/source.ts';
import { Waiting } from '../limits/waiting.ts';
import type { RateLimitModel, RedisModel } from '../model/middleware/rate-limit.ts';
import type { Middleware, MiddlewareContext, Next } from './middleware.ts';

export function rateLimit(model: RateLimitModel, context: MiddlewareContext): Middleware {
  const { name, average, periodMs, burst, source, redis } = model;
  // No limit, as Traefik has it.
  if (average === 0) return {};
  const rules = bucketRules(average, periodMs, burst);
  const own = () => {
    // Traefik builds one for each router that uses it, so that routers have limits of their own.
    const key = JSON.stringify(['rateLimit', context.owner, name, average, periodMs, burst, source]);
    return context.kept(key, () => context.limits.tokens(key, rules));
  };
  const tokens = redis === undefined ? own() : shared(model, redis, rules, own, context);
  return new RateLimit(tokens, compileSource(source), context.clock);
}

/** One bucket in Redis for all routers and gateways, as with Traefik. `own`: what limits while Redis does not answer. */
function shared(
  model: RateLimitModel,
  redis: RedisModel,
  rules: BucketRules,
  own: () => Tokens,
  context: MiddlewareContext,
): Tokens {
  const key = JSON.stringify(['redis', redis]);
  const { clock, limits } = context;
  const link = context.kept(key, () => new RedisLink(redis, clock, limits.log, openRedis));
  return new RedisTokens(link, model.name.join('@'), rules, redis.denyOnError ? undefined : own());
}

class RateLimit implements Middleware {
  readonly #tokens: Tokens;
  readonly #source: Source;
  readonly #clock: Clock;

  constructor(tokens: Tokens, source: Source, clock: Clock) {
    this.#tokens = tokens;
    this.#source = source;
    this.#clock = clock;
  }

  handle(exchange: Exchange, next: Next): void {
    const source = this.#source(exchange);
    const wait = this.#tokens.take(source);
    if (wait === 0) next.go(exchange);
    else if (wait < 0) refuse(exchange, -wait);
    else {
      const waiting = new WaitingForToken(exchange, next, this.#clock);
      if (wait > 0) waiting.decided(wait);
      else this.#tokens.ask(source, waiting);
    }
  }
}

class WaitingForToken extends Waiting implements TokenWaiter {
  readonly #clock: Clock;
  #cancel: (() => void) | undefined;

  constructor(exchange: Exchange, next: Next, clock: Clock) {
    super(exchange, next);
    this.#clock = clock;
  }

  decided(wait: number): void {
    if (this.gone) return;
    if (wait === 0) this.go();
    else if (wait < 0) refuse(this.exchange, -wait);
    else this.#cancel = this.#clock.after(wait, () => this.go());
  }

  undecided(): void {
    if (!this.gone) this.exchange.refuse('limits.unavailable', 'the rate limit cannot be checked');
  }

  override clientGone(): void {
    super.clientGone();
    this.#cancel?.();
  }
}

/** `retryMs`: until there is a token again. */
function refuse(exchange: Exchange, retryMs: number): void {
  const headers: Headers = [];
  addHeader(headers, 'Retry-After', String(Math.ceil(retryMs / 1000)));
  addHeader(headers, 'X-Retry-In', goDuration(retryMs));
  exchange.refuse('client.rate-limited', `try again in ${goDuration(retryMs)}`, { headers });
}
