/** `redirectRegex`: to whatever an expression makes of the URL. */
import type { Exchange } from '../http/exchange.ts';
import { getHeader } from '../http/headers.ts';
import type { RequestHead } from '../http/message.ts';
import type { RedirectRegexModel } from '../model/middleware/redirects.ts';
import { checkedGoRegexp, type GoRegexp } from '../rules/go-regexp.ts';
import type { Middleware, Refusal, Reply } from './middleware.ts';
import { redirectTo, targetOf } from './redirect.ts';
import { longestRewritten, tooLongToRewrite } from './regexp-limit.ts';

export function redirectRegex(model: RedirectRegexModel): Middleware {
  return new RedirectRegex(model);
}

class RedirectRegex implements Middleware {
  readonly #regexp: GoRegexp;
  readonly #replacement: string;
  readonly #permanent: boolean;

  constructor({ regex, replacement, permanent }: RedirectRegexModel) {
    this.#regexp = checkedGoRegexp(regex);
    this.#replacement = replacement;
    this.#permanent = permanent;
  }

  /** A URL that stays the same passes. */
  request(head: RequestHead, exchange: Exchange): Reply | Refusal | undefined {
    const url = `${schemeOf(head, exchange)}://${head.authority}${targetOf(head)}`;
    if (url.length > longestRewritten) return tooLongToRewrite;
    if (!this.#regexp.test(url)) return undefined;
    const location = this.#regexp.replaceAll(url, this.#replacement);
    return location === url ? undefined : redirectTo(location, head.method, this.#permanent);
  }
}

/** Uplinks are TLS always; what the client used stands in the parent's field. */
function schemeOf(head: RequestHead, { facts }: Exchange): string {
  const proto = facts.peerUri === '' ? undefined : getHeader(head.headers, 'x-forwarded-proto');
  if (proto === 'http' || proto === 'ws') return 'http';
  return proto !== undefined || head.secure ? 'https' : 'http';
}
