/** An exchange whose error answers are replaced by pages of a service. */
import type { GatewayErrorCode } from '../../http/errors.ts';
import type { Exchange } from '../../http/exchange.ts';
import { FilterExchange } from '../../http/filter-exchange.ts';
import { type Headers, hasHeader, stride } from '../../http/headers.ts';
import { removeConnectionFields } from '../../http/hop-by-hop.ts';
import type { RequestHead, ResponseHead } from '../../http/message.ts';
import { errorHeader } from '../../http/respond.ts';
import { HeldAnswer } from './held-answer.ts';
import { PageCall, type PageReader } from './page-call.ts';

/** What the exchanges of one `errors` share. */
export interface Pages {
  /** The status that a client gets for `status`; undefined: such an answer stays as it is. */
  replaces(status: number): number | undefined;
  requestFor(request: RequestHead, status: number, originalStatus: number): RequestHead | undefined;
  send(exchange: Exchange): void;
  /** Longest wait for a page. */
  after(fn: () => void): () => void;
}

/** Fields of the answer that still hold with the page. */
const kept = ['allow', 'proxy-authenticate', 'retry-after', 'www-authenticate', errorHeader];

/** `held`: waits for its page. `page`: that is on its way. `plain`: the answer is as it was. */
type State = 'plain' | 'held' | 'page' | 'over';

export class ErrorsExchange extends FilterExchange implements PageReader {
  readonly #pages: Pages;
  #state: State = 'plain';
  #held: HeldAnswer | undefined;
  #call: PageCall | undefined;
  #status = 0;
  #cancelWait: (() => void) | undefined;
  /** The endpoint waits for leave to go on with what is held. */
  #stopped = false;

  constructor(outer: Exchange, pages: Pages) {
    super(outer);
    this.#pages = pages;
  }

  protected override responded(head: ResponseHead, length: number): void {
    const status = this.#pages.replaces(head.status);
    const request =
      status === undefined ? undefined : this.#pages.requestFor(this.request, status, head.status);
    if (status === undefined || request === undefined) {
      this.outer.respond(head, length);
      return;
    }
    this.#state = 'held';
    this.#status = status;
    this.#held = new HeldAnswer(head, length);
    this.#call = new PageCall(request, this.facts, this);
    this.#cancelWait = this.#pages.after(() => {
      this.#call?.exchange.cancel();
      this.pageFailed();
    });
    this.#pages.send(this.#call.exchange);
  }

  pageHead(head: ResponseHead, length: number): void {
    if (this.#state !== 'held' || this.#held === undefined) return;
    this.#cancelWait?.();
    this.#state = 'page';
    removeConnectionFields(head.headers);
    for (const name of kept)
      if (!hasHeader(head.headers, name)) copyFields(this.#held.head.headers, name, head.headers);
    head.status = this.#status;
    head.reason = '';
    // Not at once: the endpoint's side may be in the middle of telling us.
    setImmediate(() => this.#leaveOriginal());
    this.outer.respond(head, length);
  }

  pageData(chunk: Buffer): boolean {
    return this.#state !== 'page' || this.outer.write(chunk);
  }

  pageTurnEnd(): void {
    if (this.#state === 'page') this.outer.flush();
  }

  pageEnd(trailers: Headers | undefined): void {
    if (this.#state !== 'page') return;
    this.#state = 'over';
    this.outer.end(trailers);
  }

  pageFailed(): void {
    this.#cancelWait?.();
    if (this.#state === 'held') {
      this.#restore();
    } else if (this.#state === 'page') {
      this.#state = 'over';
      this.outer.breakOff();
    }
  }

  /** There is no page: the answer goes out as it was. */
  #restore(): void {
    const held = this.#held as HeldAnswer;
    this.#state = held.settled ? 'over' : 'plain';
    const goesOn = held.sendTo(this.outer);
    if (held.settled || !this.#stopped || !goesOn) return;
    this.#stopped = false;
    this.inner?.responseDrained();
  }

  /** Nobody wants the rest of the answer that a page has replaced. */
  #leaveOriginal(): void {
    const held = this.#held;
    if (held === undefined || held.settled) return;
    held.broken = true;
    this.inner?.clientGone('client.gone');
  }

  protected override responseData(chunk: Buffer): boolean {
    if (this.#state === 'plain') return this.outer.write(chunk);
    if (this.#state !== 'held' || this.#held === undefined) return true;
    const goesOn = this.#held.write(chunk);
    if (!goesOn) this.#stopped = true;
    return goesOn;
  }

  protected override responseEnded(trailers: Headers | undefined): void {
    if (this.#state === 'plain') {
      this.#state = 'over';
      this.outer.end(trailers);
    } else {
      this.#held?.end(trailers);
    }
  }

  override flush(): void {
    if (this.#state === 'plain') this.outer.flush();
  }

  override breakOff(): void {
    if (this.#state === 'plain') {
      this.#state = 'over';
      this.outer.breakOff();
    } else if (this.#held !== undefined) {
      this.#held.broken = true;
    }
  }

  override responseDrained(): void {
    if (this.#state === 'page') this.#call?.exchange.resume();
    else this.inner?.responseDrained();
  }

  override clientGone(code: GatewayErrorCode): void {
    this.#state = 'over';
    this.#cancelWait?.();
    this.#call?.exchange.cancel();
    if (this.#held?.settled !== true) this.inner?.clientGone(code);
  }
}

function copyFields(from: Headers, name: string, to: Headers): void {
  for (let i = 0; i < from.length; i += stride) {
    if (from[i] === name) to.push(name, from[i + 1] as string, from[i + 2] as string);
  }
}
