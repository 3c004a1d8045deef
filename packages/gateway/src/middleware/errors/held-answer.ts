/** An answer that is held back while a page in its place is asked for: its beginning, for there may be no page. */
import type { Exchange } from '../../http/exchange.ts';
import type { Headers } from '../../http/headers.ts';
import type { ResponseHead } from '../../http/message.ts';

/** Most of a body that is held; the endpoint waits with the rest. */
const mostBytes = 65_536;

export class HeldAnswer {
  readonly head: ResponseHead;
  readonly #length: number;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #trailers: Headers | undefined;
  /** All of it is here. */
  ended = false;
  /** The rest will never come. */
  broken = false;

  constructor(head: ResponseHead, length: number) {
    this.head = head;
    this.#length = length;
  }

  /** Takes a copy. False: stop. */
  write(chunk: Buffer): boolean {
    this.#pieces.push(Buffer.from(chunk));
    this.#bytes += chunk.length;
    return this.#bytes < mostBytes;
  }

  /** Nothing more of it comes. */
  get settled(): boolean {
    return this.ended || this.broken;
  }

  end(trailers: Headers | undefined): void {
    this.ended = true;
    this.#trailers = trailers;
  }

  /** Sends what there is of it. False: stop until `responseDrained`. */
  sendTo(exchange: Exchange): boolean {
    if (this.broken) {
      exchange.refuse('endpoint.broke-off', '');
      return true;
    }
    exchange.respond(this.head, this.#length);
    let goesOn = true;
    for (const piece of this.#pieces) goesOn = exchange.write(piece);
    this.#pieces = [];
    if (this.ended) exchange.end(this.#trailers);
    else exchange.flush();
    return goesOn;
  }
}
