/** An exchange whose response gets the cookies that the authentication server has set. */
import type { Exchange, RawConnection } from '../../http/exchange.ts';
import { FilterExchange } from '../../http/filter-exchange.ts';
import type { ResponseHead } from '../../http/message.ts';
import { replaceCookies } from './auth-answer.ts';

export class CookieExchange extends FilterExchange {
  readonly #names: ReadonlySet<string>;
  readonly #lines: readonly string[];

  constructor(outer: Exchange, names: ReadonlySet<string>, lines: readonly string[]) {
    super(outer);
    this.#names = names;
    this.#lines = lines;
  }

  protected override responded(head: ResponseHead, length: number): void {
    replaceCookies(head.headers, this.#names, this.#lines);
    this.outer.respond(head, length);
  }

  override switchProtocols(head: ResponseHead): RawConnection | undefined {
    replaceCookies(head.headers, this.#names, this.#lines);
    return super.switchProtocols(head);
  }
}
