/** One copy of a request on its way to a mirror: bounded in bytes and time, its answer measured and thrown away. */
import type { Clock } from '@ficus/common/clock.ts';
import type { GatewayErrorCode } from '../http/errors.ts';
import type { Exchange } from '../http/exchange.ts';
import { deleteHeader, type Headers } from '../http/headers.ts';
import { type AnswerReader, InnerExchange } from '../http/inner-exchange.ts';
import type { ResponseHead } from '../http/message.ts';
import type { Mirror } from './mirroring.ts';

/** Says to the mirror that this is a copy. */
const markName = 'x-mirrored';
const markWritten = 'X-Mirrored';

/** Why a copy was not sent, or not to its end. */
export type DropReason =
  | 'busy'
  | 'body-too-large'
  | 'memory'
  | 'timeout'
  | 'answer-too-large'
  | 'client-gone'
  | 'request-ended';

/** Bytes of one answer that are read. */
const mostAnswered = 4 * 1_048_576;

/** Bytes of one body that wait for a mirror, where nothing says how large a copied body may be. */
const mostWaiting = 1_048_576;

/** Bytes of bodies that wait for mirrors, over all copies of this process. */
export class MirrorMemory {
  readonly most: number;
  bytes = 0;

  constructor(most = 64 * 1_048_576) {
    this.most = most;
  }
}

export class MirrorCopy implements AnswerReader {
  readonly exchange: InnerExchange;
  readonly #mirror: Mirror;
  readonly #memory: MirrorMemory;
  readonly #maxBodyBytes: number | undefined;
  #bodyBytes = 0;
  readonly #clock: Clock;
  readonly #begun: number;
  readonly #cancelTimeout: () => void;
  /** What of it is counted in `#memory`. */
  #counted = 0;
  #status = 0;
  #answerBytes = 0;

  constructor(
    mirror: Mirror,
    source: Exchange,
    options: {
      memory: MirrorMemory;
      clock: Clock;
      /** Of its body as a whole; undefined: no limit but for what waits. */
      maxBodyBytes: number | undefined;
      timeoutMs: number;
      body: boolean;
    },
  ) {
    const { request } = source;
    const headers = [...request.headers];
    deleteHeader(headers, markName);
    headers.push(markName, 'true', markWritten);
    this.#mirror = mirror;
    this.#memory = options.memory;
    this.#maxBodyBytes = options.maxBodyBytes;
    this.#clock = options.clock;
    this.#begun = options.clock.monotonic();
    const length = options.body ? source.bodyLength : 0;
    this.exchange = new InnerExchange({ ...request, headers }, source.facts, length, this);
    this.#cancelTimeout = options.clock.after(options.timeoutMs, () => this.drop('timeout'));
    mirror.flight.copies++;
    mirror.sent++;
  }

  /** More of the body; the chunk is everybody's and stays as it is. */
  body(chunk: Buffer): void {
    const exchange = this.exchange;
    if (exchange.done || exchange.bodyLength === 0) return;
    this.#bodyBytes += chunk.length;
    // Before it is handed on: nobody gets more than the limit.
    if (this.#maxBodyBytes !== undefined && this.#bodyBytes > this.#maxBodyBytes) {
      this.drop('body-too-large');
      return;
    }
    exchange.body(chunk);
    const waiting = exchange.waitingBytes;
    // What may be copied may wait too: whether it is does not hang on how fast the mirror is.
    if (this.#maxBodyBytes === undefined && waiting > mostWaiting) this.drop('body-too-large');
    else if (!this.#count(waiting)) this.drop('memory');
  }

  endBody(trailers: Headers | undefined): void {
    this.exchange.endBody(trailers);
    this.#count(this.exchange.waitingBytes);
  }

  /** Gives it up. */
  drop(reason: DropReason): void {
    if (this.exchange.done) return;
    this.#mirror.dropped(reason);
    this.exchange.cancel();
    this.#over();
  }

  head(head: ResponseHead): void {
    this.#status = head.status;
    this.#mirror.measure.answered(head.status, this.#clock.monotonic() - this.#begun);
  }

  data(chunk: Buffer): boolean {
    this.#mirror.measure.bytes += chunk.length;
    this.#answerBytes += chunk.length;
    // It is thrown away: what it costs to read must not be had from those who wait for theirs.
    if (this.#answerBytes > mostAnswered) this.drop('answer-too-large');
    return true;
  }

  end(): void {
    this.#over();
  }

  failed(_code: GatewayErrorCode, _detail: string, status: number): void {
    // One that had answered is counted already.
    if (this.#status === 0) this.#mirror.measure.answered(status, this.#clock.monotonic() - this.#begun);
    this.#over();
  }

  #count(waiting: number): boolean {
    this.#memory.bytes += waiting - this.#counted;
    this.#counted = waiting;
    return this.#memory.bytes <= this.#memory.most;
  }

  #over(): void {
    this.#cancelTimeout();
    this.#count(0);
    this.#mirror.flight.copies--;
  }
}
