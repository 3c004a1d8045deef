/** `ipAllowList`: only clients of these addresses pass. */
import type { Exchange } from '../http/exchange.ts';
import type { RequestHead } from '../http/message.ts';
import { IpRanges } from '../limits/ip-ranges.ts';
import { compileAddress, type Source } from '../limits/source.ts';
import type { IpAllowListModel } from '../model/middleware/ip-allow-list.ts';
import type { Middleware, Refusal } from './middleware.ts';

export function ipAllowList(model: IpAllowListModel): Middleware {
  return new IpAllowList(model);
}

class IpAllowList implements Middleware {
  readonly #address: Source;
  readonly #allowed: IpRanges;
  readonly #refusal: Refusal;

  constructor({ source, sourceRange, rejectStatusCode }: IpAllowListModel) {
    this.#address = compileAddress(source);
    this.#allowed = new IpRanges(sourceRange);
    this.#refusal = { code: 'client.not-allowed', detail: '', status: rejectStatusCode };
  }

  request(_head: RequestHead, exchange: Exchange): Refusal | undefined {
    const address = this.#address(exchange);
    return this.#allowed.has(address) || this.#allowed.has(withoutPort(address)) ? undefined : this.#refusal;
  }
}

/** Some proxies write ports into X-Forwarded-For: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(address: string): string {
  return /^(?:\[([^\]]*)\]|([^:]*)):\d{1,5}$/.exec(address)?.slice(1).join('') ?? '';
}
