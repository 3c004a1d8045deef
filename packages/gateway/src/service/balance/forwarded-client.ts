/** The address of the client behind trusted proxies, as its request's fields say. */
import { getHeader } from '../../http/headers.ts';
import type { RequestHead } from '../../http/message.ts';

/**
 * The right-most address of X-Forwarded-For that is not trusted, or the left-most where all are; the peer itself where
 * it is not trusted. No client can choose it: fields of untrusted peers never come this far, and trusted ones appended
 * what they saw.
 */
export function forwardedClient(request: RequestHead): string {
  const peer = request.clientAddress;
  const list = getHeader(request.headers, 'x-forwarded-for');
  if (list === undefined || list === peer) return peer;
  let client = peer;
  for (let end = list.length; end > 0; ) {
    const comma = list.lastIndexOf(',', end - 1);
    const address = list.slice(comma + 1, end).trim();
    // The gateway's own addition says nothing new.
    const own = end === list.length && address === peer;
    end = comma;
    if (own || address === '') continue;
    client = address;
    if (request.trusts?.(address) !== true) break;
  }
  return client;
}
