/** Whether and where one request is tried again: by its retry policy, its method, and what is left of its body. */
import type { GatewayErrorCode } from '../http/errors.ts';
import type { Exchange } from '../http/exchange.ts';
import type { MirrorCopy } from '../service/mirror-copy.ts';
import type { MirrorContext, Mirroring } from '../service/mirroring.ts';
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

  constructor(exchange: Exchange, service: Service, policy: RetryPolicy, context: ForwardContext) {
    super(exchange.request, context.clock);
    this.service = service;
    this.policy = policy;
    this.context = context;
    this.body = exchange.bodyLength === 0 ? undefined : new SentBody(policy.maxBodyBytes);
    const { timeoutMs } = policy;
    if (policy.attempts > 1) context.budget.deposit();
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

  /** The policy allows one more attempt. */
  protected get mayRetry(): boolean {
    if (this.attempts >= this.policy.attempts) return false;
    return this.#until === Number.POSITIVE_INFINITY || this.clock.monotonic() < this.#until;
  }

  /**
   * A pick elsewhere than what has failed now, out of the budget; the same again only where the operator wants retries.
   * Undefined, and as it was, when there is none or the budget is spent.
   */
  protected another(): Picked | undefined {
    const { endpoint, tried } = this;
    const before = this.notes();
    if (endpoint !== undefined) this.tried = tried === undefined ? [endpoint] : [...tried, endpoint];
    let picked = this.choose(this.service);
    if (picked === undefined && this.policy !== defaultRetryPolicy) {
      this.tried = undefined;
      picked = this.choose(this.service);
    }
    // Paid only now: failures that nobody else can make good must not use up what others have.
    if (picked !== undefined && this.context.budget.withdraw()) {
      if (endpoint !== undefined) endpoint.owner.retries++;
      return picked;
    }
    this.tried = tried;
    this.noted(before);
    return undefined;
  }

  /** As `another`, leaving an answer that has come, counted as `status`. */
  protected insteadOf(status: number): Picked | undefined {
    const before = this.notes();
    const picked = this.another();
    if (picked === undefined) return undefined;
    const after = this.notes();
    this.noted(before);
    this.attemptFailed(status);
    this.noted(after);
    return picked;
  }

  /** What copies the request at this attempt: each service copies it once. `copy` must follow. */
  protected dueMirroring(): readonly Mirroring[] | undefined {
    const { mirroring, mirrored } = this;
    if (mirroring === undefined) return undefined;
    this.mirrored = mirrored === undefined ? mirroring : [...mirrored, ...mirroring];
    this.mirroring = undefined;
    this.body?.awaitCopies();
    return mirroring;
  }

  /** Sends what copies are due of `exchange`, if that goes on at all. */
  protected copy(exchange: Exchange | undefined, mirroring: readonly Mirroring[]): void {
    if (exchange === undefined) return;
    const copies: MirrorCopy[] = [];
    for (const each of mirroring) each.copy(exchange, this.context, copies);
    this.body?.copyTo(copies);
  }

  /** Milliseconds to wait before the next attempt. */
  protected get delayMs(): number {
    return retryDelay(this.policy, this.attempts);
  }
}
