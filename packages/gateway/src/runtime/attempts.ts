/** Whether and where one request is tried again: by its retry policy, its method, and what is left of its body. */
import type { GatewayErrorCode } from '../http/errors.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Endpoint } from '../service/endpoint.ts';
import type { MirrorContext } from '../service/mirroring.ts';
import type { RetryBudget } from '../service/retry-budget.ts';
import { defaultRetryPolicy, includesStatus, type RetryPolicy } from '../service/retry-policy.ts';
import type { Picked, Service } from '../service/service.ts';
import { Choice } from './choice.ts';
import { isIdempotent } from './replay.ts';
import { retryDelay } from './retry-delay.ts';
import { SentBody } from './sent-body.ts';

/** Connections that may turn a request away unread before that counts as a failure. */
const maxGoodbyes = 3;

/** What all forwards of a process share. */
export interface ForwardContext extends MirrorContext {
  readonly budget: RetryBudget;
  /** Forwards `exchange` by `service`; `before`: what was noted on the way there. */
  forward(exchange: Exchange, service: Service, policy: RetryPolicy, before: Choice | undefined): void;
}

export class Attempts extends Choice {
  protected service: Service;
  protected readonly policy: RetryPolicy;
  protected readonly context: ForwardContext;
  /** Undefined for a request without one. */
  protected readonly body: SentBody | undefined;
  /** Monotonic; no further attempt begins after it. */
  readonly #until: number;
  /** Times a dead or departing connection was replaced without counting as an attempt. */
  #redials = 0;

  constructor(
    exchange: Exchange,
    service: Service,
    policy: RetryPolicy,
    context: ForwardContext,
    before: Choice | undefined,
  ) {
    super(exchange.request, context.clock, before);
    this.service = service;
    this.policy = policy;
    this.context = context;
    this.body = exchange.bodyLength === 0 ? undefined : new SentBody(policy.maxBodyBytes);
    const { timeoutMs } = policy;
    this.#until = timeoutMs > 0 ? context.clock.monotonic() + timeoutMs : Number.POSITIVE_INFINITY;
  }

  /** All of the body that has come is still here. */
  protected get whole(): boolean {
    return this.body === undefined || this.body.whole;
  }

  /** Sent again, it would do no more than sent once, or the operator says so; and all of it is still here. */
  protected replayable(nonIdempotent = this.policy.nonIdempotent): boolean {
    const { method, headers } = this.request;
    return this.whole && (nonIdempotent || isIdempotent(method, headers));
  }

  /**
   * The endpoint closed an idle connection just as we reused it, or said goodbye: its right, not its failure. `served`:
   * requests that the connection was given before.
   */
  protected goodbye(code: GatewayErrorCode, unprocessed: boolean, served: number): boolean {
    const allowed = unprocessed
      ? this.#redials < maxGoodbyes
      : code === 'endpoint.closed' && this.#redials === 0 && served > 0;
    if (allowed) this.#redials++;
    return allowed;
  }

  /** Whether an answer with this status is one to try again, by the policy. */
  protected unwanted(status: number): boolean {
    const { statuses } = this.policy;
    return statuses.length > 0 && includesStatus(statuses, status) && this.replayable();
  }

  /** Takes one more attempt out of the policy and the budget; false when there is none left. */
  protected mayRetry(): boolean {
    if (this.attempts >= this.policy.attempts) return false;
    if (this.#until !== Number.POSITIVE_INFINITY && this.clock.monotonic() >= this.#until) return false;
    return this.context.budget.withdraw();
  }

  /** A pick elsewhere than what has failed now; the same again only where the operator wants retries. */
  protected another(): Picked | undefined {
    const endpoint = this.endpoint as Endpoint;
    endpoint.owner.retries++;
    const tried = this.tried;
    this.tried = tried === undefined ? [endpoint] : [...tried, endpoint];
    const picked = this.choose(this.service);
    if (picked !== undefined || this.policy === defaultRetryPolicy) return picked;
    this.tried = undefined;
    return this.choose(this.service);
  }

  /** As `another`, leaving an answer that has come, counted as `status`; undefined, and as it was, when there is none. */
  protected insteadOf(status: number): Picked | undefined {
    const endpoint = this.endpoint as Endpoint;
    const before = this.notes();
    const tried = this.tried;
    const picked = this.another();
    const after = this.notes();
    this.noted(before);
    if (picked === undefined) {
      this.tried = tried;
      endpoint.owner.retries--;
      return undefined;
    }
    this.attemptFailed(status);
    this.noted(after);
    return picked;
  }

  /** Milliseconds to wait before the next attempt. */
  protected get delayMs(): number {
    return retryDelay(this.policy, this.attempts);
  }
}
