/** One question for a page. */
import type { GatewayErrorCode } from '../../http/errors.ts';
import type { ConnectionFacts } from '../../http/exchange.ts';
import type { Headers } from '../../http/headers.ts';
import { type AnswerReader, InnerExchange } from '../../http/inner-exchange.ts';
import type { RequestHead, ResponseHead } from '../../http/message.ts';

/** On the head of a request for a page, and on every copy that services make of it. */
const forPage = Symbol('for a page');

/** What answers such a request is never replaced itself, or there might be no end. */
export function isForPage(request: RequestHead): boolean {
  return forPage in request;
}

/** Who waits for a page. Nothing after `pageEnd`, `pageFailed` or `cancel`. */
export interface PageReader {
  pageHead(head: ResponseHead, length: number): void;
  /** Valid only until this returns. False: stop until `resume`. */
  pageData(chunk: Buffer): boolean;
  /** What the page's service had to say for now was told. */
  pageTurnEnd(): void;
  pageEnd(trailers: Headers | undefined): void;
  pageFailed(): void;
}

export class PageCall implements AnswerReader {
  readonly exchange: InnerExchange;
  readonly #reader: PageReader;

  constructor(request: RequestHead, facts: ConnectionFacts, reader: PageReader) {
    this.#reader = reader;
    this.exchange = new InnerExchange(Object.assign(request, { [forPage]: true }), facts, 0, this);
  }

  head(head: ResponseHead, length: number): void {
    this.#reader.pageHead(head, length);
  }

  data(chunk: Buffer): boolean {
    return this.#reader.pageData(chunk);
  }

  turnEnd(): void {
    this.#reader.pageTurnEnd();
  }

  end(trailers: Headers | undefined): void {
    this.#reader.pageEnd(trailers);
  }

  failed(_code: GatewayErrorCode): void {
    this.#reader.pageFailed();
  }
}
