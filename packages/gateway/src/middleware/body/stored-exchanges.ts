/** Exchanges whose request body comes out of a store: the client's own, and requests of the gateway's. */
import type { GatewayErrorCode } from '../../http/errors.ts';
import { type ConnectionFacts, type Exchange, UNKNOWN_LENGTH } from '../../http/exchange.ts';
import { FilterExchange } from '../../http/filter-exchange.ts';
import type { Headers } from '../../http/headers.ts';
import { type AnswerReader, InnerExchange } from '../../http/inner-exchange.ts';
import type { RequestHead } from '../../http/message.ts';
import type { BodyStore } from './body-store.ts';
import type { BodyReader, StoreReading } from './store-reading.ts';

/** The client's exchange once its body is here: who is in front of it sees the body with its length. */
export class StoredBodyExchange extends FilterExchange implements BodyReader {
  readonly #store: BodyStore;
  readonly #trailers: Headers | undefined;
  #reading: StoreReading | undefined;

  constructor(outer: Exchange, store: BodyStore, trailers: Headers | undefined) {
    super(outer);
    this.#store = store;
    this.#trailers = trailers;
  }

  override get bodyLength(): number {
    // With a length HTTP/1.1 has no place for trailers.
    return this.#trailers === undefined ? this.#store.length : UNKNOWN_LENGTH;
  }

  override readBody(): void {
    this.#reading ??= this.#store.read(this);
    this.#reading.resume();
  }

  piece(chunk: Buffer): boolean {
    return this.inner?.bodyData(chunk) ?? false;
  }

  whole(): void {
    this.inner?.bodyEnd(this.#trailers);
  }

  pieceTurnEnd(): void {
    this.inner?.turnEnd();
  }

  unreadable(error: Error): void {
    this.inner?.clientGone('gateway.internal');
    this.outer.refuse('gateway.internal', `the stored body: ${error.message}`);
  }

  override clientGone(code: GatewayErrorCode): void {
    this.#reading?.cancel();
    super.clientGone(code);
  }
}

/** With so much waiting for the endpoint, reading stops. */
const mostWaiting = 131_072;

/** A request of the gateway's own with a body that is stored. */
export class StoredInnerExchange extends InnerExchange implements BodyReader {
  readonly #reading: StoreReading;

  constructor(request: RequestHead, facts: ConnectionFacts, store: BodyStore, reader: AnswerReader) {
    super(request, facts, store.length, reader);
    this.#reading = store.read(this);
  }

  override readBody(): void {
    super.readBody();
    if (this.waitingBytes < mostWaiting && !this.done) this.#reading.resume();
  }

  piece(chunk: Buffer): boolean {
    this.body(Buffer.from(chunk));
    return this.waitingBytes < mostWaiting && !this.done;
  }

  whole(): void {
    this.endBody();
  }

  pieceTurnEnd(): void {
    // `body` has told its listener.
  }

  unreadable(): void {
    this.refuse('gateway.internal', 'the stored body cannot be read');
  }

  /** No more of the store is read. */
  stopReading(): void {
    this.#reading.cancel();
  }
}
