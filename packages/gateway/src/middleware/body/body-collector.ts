/** Takes the whole body of a request in before anybody else sees it. */
import type { Exchange, ExchangeListener } from '../../http/exchange.ts';
import { deleteHeader, getHeader, type Headers } from '../../http/headers.ts';
import { BodyStore, type BodyStoreOwner } from './body-store.ts';

/** Hears how it went: one of these, once. */
export interface CollectorOwner {
  /** Read it before the request is over, then close it. */
  collected(store: BodyStore, trailers: Headers | undefined): void;
  /** More than `maxBytes`. */
  bodyTooLarge(): void;
  /** It could not be stored. */
  bodyLost(error: Error): void;
  /** The client left, and so must whoever else still holds the exchange. */
  clientLeft(): void;
}

export interface BodyLimits {
  /** -1: no limit. */
  readonly maxBytes: number;
  /** What is beyond goes to a file. */
  readonly memoryBytes: number;
  /** For files. Default: the system's. */
  readonly folder?: string | undefined;
}

export class BodyCollector implements ExchangeListener, BodyStoreOwner {
  readonly #exchange: Exchange;
  readonly #maxBytes: number;
  readonly #owner: CollectorOwner;
  readonly #store: BodyStore;
  #over = false;

  constructor(exchange: Exchange, limits: BodyLimits, owner: CollectorOwner) {
    this.#exchange = exchange;
    this.#maxBytes = limits.maxBytes;
    this.#owner = owner;
    this.#store = new BodyStore(limits.memoryBytes, this, limits.folder);
  }

  start(): void {
    const exchange = this.#exchange;
    const { headers } = exchange.request;
    exchange.listen(this);
    // The endpoint will get the body without a word, so the leave that the client waits for is ours to give.
    if (getHeader(headers, 'expect') !== undefined) {
      deleteHeader(headers, 'expect');
      exchange.inform({ status: 100, reason: '', headers: [] });
    }
    exchange.readBody();
  }

  bodyData(chunk: Buffer): boolean {
    if (this.#over) return true;
    if (this.#maxBytes >= 0 && this.#store.length + chunk.length > this.#maxBytes) {
      this.#stop();
      this.#owner.bodyTooLarge();
      return true;
    }
    return this.#store.write(chunk);
  }

  bodyEnd(trailers: Headers | undefined): void {
    if (this.#over) return;
    this.#store.end(() => {
      if (this.#over) return;
      this.#over = true;
      this.#owner.collected(this.#store, trailers);
    });
  }

  storeDrained(): void {
    if (!this.#over) this.#exchange.readBody();
  }

  storeFailed(error: Error): void {
    if (this.#over) return;
    this.#stop();
    this.#owner.bodyLost(error);
  }

  clientGone(): void {
    if (this.#over) return;
    this.#stop();
    this.#owner.clientLeft();
  }

  turnEnd(): void {}

  responseDrained(): void {}

  #stop(): void {
    this.#over = true;
    this.#store.close();
  }
}
