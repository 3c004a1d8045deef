/** One question for a page. */
import type { GatewayErrorCode } from '../../http/errors.ts';
import type { ConnectionFacts } from '../../http/exchange.ts';
import type { Headers } from '../../http/headers.ts';
import { type AnswerReader, InnerExchange } from '../../http/inner-exchange.ts';
import type { RequestHead, ResponseHead } from '../../http/message.ts';

/** A request for a page; what answers it is never replaced itself, or there might be no end. */
export class PageRequest extends InnerExchange {}

/** Who waits for a page. Nothing after `pageEnd`, `pageFailed` or `cancel`. */
export interface PageReader {
  pageHead(head: ResponseHead, length: number): void;
  /** Valid only until this returns. False: stop until `resume`. */
  pageData(chunk: Buffer): boolean;
  pageEnd(trailers: Headers | undefined): void;
  pageFailed(): void;
}

export class PageCall implements AnswerReader {
  readonly exchange: PageRequest;
  readonly #reader: PageReader;

  constructor(request: RequestHead, facts: ConnectionFacts, reader: PageReader) {
    this.#reader = reader;
    this.exchange = new PageRequest(request, facts, 0, this);
  }

  head(head: ResponseHead, length: number): void {
    this.#reader.pageHead(head, length);
  }

  data(chunk: Buffer): boolean {
    return this.#reader.pageData(chunk);
  }

  end(trailers: Headers | undefined): void {
    this.#reader.pageEnd(trailers);
  }

  failed(_code: GatewayErrorCode): void {
    this.#reader.pageFailed();
  }
}
