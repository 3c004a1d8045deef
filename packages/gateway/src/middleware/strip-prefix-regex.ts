/** `stripPrefixRegex`: takes what an expression matches off the beginning of the path. */
import type { RequestHead } from '../http/message.ts';
import { pathLiteral } from '../http/path-literal.ts';
import type { StripPrefixRegexModel } from '../model/middleware/paths.ts';
import { checkedGoRegexp, type GoRegexp } from '../rules/go-regexp.ts';
import { routingPath } from '../rules/wire-text.ts';
import type { Middleware, Refusal } from './middleware.ts';
import { longestRewritten, tooLongToRewrite } from './regexp-limit.ts';
import { disguised, rewrittenPath } from './rewritten-path.ts';

/** The expressions see the path as rules do, decoded but for what is reserved. The first that matches at its start counts. */
export function stripPrefixRegex(model: StripPrefixRegexModel): Middleware {
  return new StripPrefixRegex(model.regex.map(checkedGoRegexp));
}

class StripPrefixRegex implements Middleware {
  readonly #expressions: readonly GoRegexp[];

  constructor(expressions: readonly GoRegexp[]) {
    this.#expressions = expressions;
  }

  request(head: RequestHead): Refusal | undefined {
    if (head.path.length > longestRewritten) return tooLongToRewrite;
    const text = routingPath(head.path);
    for (let i = 0; i < this.#expressions.length; i++) {
      const prefix = (this.#expressions[i] as GoRegexp).match(text)?.[0];
      if (prefix === undefined || prefix === '' || !text.startsWith(prefix)) continue;
      const encoded = text === head.path ? prefix : pathLiteral(prefix);
      // Bytes that are no UTF-8 have no text: their prefix cannot be found again.
      if (!head.path.startsWith(encoded)) continue;
      const rest = head.path.slice(encoded.length);
      const path = rewrittenPath(rest.startsWith('/') ? rest : `/${rest}`, head);
      if (path === undefined) return disguised;
      head.path = path;
      head.headers.push('x-forwarded-prefix', encoded, 'X-Forwarded-Prefix');
      return undefined;
    }
    return undefined;
  }
}
