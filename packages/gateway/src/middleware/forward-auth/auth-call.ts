/** One question to the authentication server, and what its answer means for the request that waits for it. */
import type { GatewayErrorCode } from '../../http/errors.ts';
import type { Exchange, ExchangeListener } from '../../http/exchange.ts';
import type { Headers } from '../../http/headers.ts';
import { type AnswerReader, InnerExchange } from '../../http/inner-exchange.ts';
import type { ResponseHead } from '../../http/message.ts';
import type { BodyStore } from '../body/body-store.ts';
import { StoredInnerExchange } from '../body/stored-exchanges.ts';
import type { Visit } from '../middleware.ts';

/** What a call asks of its middleware. */
export interface AuthDecisions {
  /** Longest wait for the head of the answer. */
  after(fn: () => void): () => void;
  send(exchange: Exchange): void;
  requestFor(exchange: Exchange): InnerExchange['request'];
  readonly maxAnswerBytes: number;
  readonly signinUrl: string;
  readonly address: string;
  /** The client's answer; undefined when the server's makes no sense. */
  passed(head: ResponseHead): ResponseHead | undefined;
}

/** Goes on with the request that the server has let pass. */
export type Accepted = (answer: Headers, visit: Visit) => void;

/** What is left of an accepted answer is read to its end up to this, so that the connection serves on. */
const mostDrained = 65_536;

type State = 'asking' | 'accepted' | 'collecting' | 'passing' | 'over';

export class AuthCall implements AnswerReader, ExchangeListener, Visit {
  readonly #exchange: Exchange;
  readonly #decisions: AuthDecisions;
  readonly #accepted: Accepted;
  readonly #inner: InnerExchange;
  #state: State = 'asking';
  #cancelWait: (() => void) | undefined;
  /** An answer that may yet turn out to be too large. */
  #head: ResponseHead | undefined;
  #pieces: Buffer[] = [];
  #bytes = 0;

  /** `body`: sent along; undefined for none. */
  constructor(exchange: Exchange, decisions: AuthDecisions, body: BodyStore | undefined, accepted: Accepted) {
    this.#exchange = exchange;
    this.#decisions = decisions;
    this.#accepted = accepted;
    const request = decisions.requestFor(exchange);
    this.#inner =
      body === undefined
        ? new InnerExchange(request, exchange.facts, 0, this)
        : new StoredInnerExchange(request, exchange.facts, body, this);
  }

  start(): void {
    this.#exchange.listen(this);
    this.#cancelWait = this.#decisions.after(() => {
      this.#inner.cancel();
      this.#refuse('auth.unavailable', `${this.#decisions.address} did not answer in time`);
    });
    this.#decisions.send(this.#inner);
  }

  head(head: ResponseHead, length: number): void {
    if (this.#state !== 'asking') return;
    this.#cancelWait?.();
    if (head.status >= 200 && head.status < 300) this.#accept(head, length);
    else this.#deny(head, length);
  }

  #accept(head: ResponseHead, length: number): void {
    this.#state = 'accepted';
    // The rest is nobody's: it may neither hold up the request nor go on for ever.
    if (length < 0 || length > mostDrained) setImmediate(() => this.#inner.cancel());
    this.#stopReading();
    this.#accepted(head.headers, this);
  }

  #deny(head: ResponseHead, length: number): void {
    const { signinUrl, maxAnswerBytes } = this.#decisions;
    if (head.status === 401 && signinUrl !== '') {
      this.#redirect(signinUrl);
      return;
    }
    const passed = this.#decisions.passed(head);
    if (passed === undefined) {
      this.#giveUp('auth.unavailable', `${this.#decisions.address} answered with a Location that is no URL`);
    } else if (maxAnswerBytes >= 0 && length > maxAnswerBytes) {
      this.#tooLarge();
    } else if (maxAnswerBytes >= 0 && length < 0) {
      this.#state = 'collecting';
      this.#head = passed;
    } else {
      this.#state = 'passing';
      this.#exchange.respond(passed, length);
    }
  }

  data(chunk: Buffer): boolean {
    if (this.#state === 'collecting') {
      this.#bytes += chunk.length;
      if (this.#bytes > this.#decisions.maxAnswerBytes) this.#tooLarge();
      else this.#pieces.push(Buffer.from(chunk));
      return true;
    }
    return this.#state !== 'passing' || this.#exchange.write(chunk);
  }

  end(trailers: Headers | undefined): void {
    const state = this.#state;
    if (state !== 'collecting' && state !== 'passing') return;
    this.#state = 'over';
    if (state === 'collecting' && this.#head !== undefined) {
      this.#exchange.respond(this.#head, this.#bytes);
      for (const piece of this.#pieces) this.#exchange.write(piece);
    }
    this.#exchange.end(trailers);
  }

  failed(code: GatewayErrorCode, detail: string): void {
    if (this.#state === 'passing') {
      this.#state = 'over';
      this.#exchange.breakOff();
    } else {
      this.#refuse('auth.unavailable', `${this.#decisions.address}: ${code} ${detail}`.trimEnd());
    }
  }

  clientGone(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#cancelWait?.();
    this.#stopReading();
    this.#inner.cancel();
  }

  /** The request that was let pass is over: nobody waits for the rest of the answer. */
  finished(): void {
    this.#state = 'over';
    this.#inner.cancel();
  }

  responseDrained(): void {
    if (this.#state === 'passing') this.#inner.resume();
  }

  /** Nothing flows before the request goes on. */
  bodyData(): boolean {
    return false;
  }

  bodyEnd(): void {}

  turnEnd(): void {
    if (this.#state === 'passing') this.#exchange.flush();
  }

  #redirect(location: string): void {
    this.#drop();
    this.#exchange.respond({ status: 302, reason: '', headers: ['location', location, 'Location'] }, 0);
    this.#exchange.end(undefined);
  }

  #tooLarge(): void {
    this.#giveUp('auth.answer-too-large', `at most ${this.#decisions.maxAnswerBytes} bytes`);
  }

  #giveUp(code: GatewayErrorCode, detail: string): void {
    this.#drop();
    this.#exchange.refuse(code, detail);
  }

  /** Wants no more of the answer; not at once, for its codec is in the middle of telling it. */
  #drop(): void {
    this.#state = 'over';
    this.#stopReading();
    setImmediate(() => this.#inner.cancel());
  }

  #refuse(code: GatewayErrorCode, detail: string): void {
    if (this.#state !== 'asking' && this.#state !== 'collecting') return;
    this.#state = 'over';
    this.#cancelWait?.();
    this.#stopReading();
    this.#exchange.refuse(code, detail);
  }

  #stopReading(): void {
    if (this.#inner instanceof StoredInnerExchange) this.#inner.stopReading();
  }
}
