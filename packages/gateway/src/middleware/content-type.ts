/** `contentType`: names the type of bodies that come without one. */
import { FilterExchange } from '../http/filter-exchange.ts';
import { getHeader, type Headers, hasHeader } from '../http/headers.ts';
import type { ResponseHead } from '../http/message.ts';
import { sniffContentType } from '../http/sniff-content-type.ts';
import type { ContentTypeModel } from '../model/middleware/content-type.ts';
import type { Middleware } from './middleware.ts';

export function contentType({ autoDetect }: ContentTypeModel): Middleware {
  if (!autoDetect) return {};
  return { handle: (exchange, next) => next.go(new SniffingExchange(exchange)) };
}

/** Holds the head of a response without type back until its first bytes are there. */
class SniffingExchange extends FilterExchange {
  #held: ResponseHead | undefined;
  #length = 0;

  protected override responded(head: ResponseHead, length: number): void {
    const typeless = !hasHeader(head.headers, 'content-type') && !getHeader(head.headers, 'content-encoding');
    if (!typeless || length === 0 || bodyless(head.status) || this.request.method === 'HEAD') {
      this.outer.respond(head, length);
      return;
    }
    this.#held = head;
    this.#length = length;
  }

  protected override responseData(chunk: Buffer): boolean {
    if (this.#held !== undefined && chunk.length > 0) this.#release(sniffContentType(chunk));
    return this.outer.write(chunk);
  }

  protected override responseEnded(trailers: Headers | undefined): void {
    if (this.#held !== undefined) this.#release(undefined);
    this.outer.end(trailers);
  }

  override breakOff(): void {
    if (this.#held !== undefined) this.#release(undefined);
    this.outer.breakOff();
  }

  #release(type: string | undefined): void {
    const head = this.#held as ResponseHead;
    this.#held = undefined;
    if (type !== undefined) head.headers.push('content-type', type, 'Content-Type');
    this.outer.respond(head, this.#length);
  }
}

function bodyless(status: number): boolean {
  return status < 200 || status === 204 || status === 304;
}
