/** What a request is known by, for balancers and mirrors that treat the same client always alike. */
import { getHeader } from '../../http/headers.ts';
import type { RequestHead } from '../../http/message.ts';
import type { HashKey } from '../../model/service/models.ts';
import { cookieValue } from '../sticky/cookie-value.ts';
import { forwardedClient } from './forwarded-client.ts';

/** Never fails: a request without what `key` names is known by its client's address. */
export function hashKeyText(key: HashKey, request: RequestHead): string {
  return (key.from === 'clientIP' ? undefined : named(key, request)) ?? forwardedClient(request);
}

/** An empty value counts as none: all who send it would meet at one place. */
function named(key: Exclude<HashKey, { from: 'clientIP' }>, request: RequestHead): string | undefined {
  const value =
    key.from === 'header'
      ? getHeader(request.headers, key.name)
      : key.from === 'cookie'
        ? cookieValue(request.headers, key.name)
        : queryValue(request.query, key.name);
  return value === '' ? undefined : value;
}

/** The first value of `name`, compared and returned as it is written: the same text always means the same. */
function queryValue(query: string | undefined, name: string): string | undefined {
  if (query === undefined) return undefined;
  for (let at = query.indexOf(name); at >= 0; at = query.indexOf(name, at + 1)) {
    // 0x26 `&`, 0x3d `=`.
    if (at > 0 && query.charCodeAt(at - 1) !== 0x26) continue;
    const equals = at + name.length;
    if (query.charCodeAt(equals) !== 0x3d) continue;
    const end = query.indexOf('&', equals);
    return query.slice(equals + 1, end < 0 ? undefined : end);
  }
  return undefined;
}
