/** `replacePath` and `replacePathRegex`: another path, and the old one in X-Replaced-Path. */
import type { RequestHead } from '../http/message.ts';
import type { ReplacePathModel, ReplacePathRegexModel } from '../model/middleware/paths.ts';
import { checkedGoRegexp, type GoRegexp } from '../rules/go-regexp.ts';
import type { Middleware, Refusal } from './middleware.ts';
import { longestRewritten, tooLongToRewrite } from './regexp-limit.ts';
import { disguised, rewrittenPath } from './rewritten-path.ts';

export function replacePath({ path }: ReplacePathModel): Middleware {
  return new ReplacePath(path);
}

/** The expression sees the path as it goes over the wire, percent-encoded. */
export function replacePathRegex({ regex, replacement }: ReplacePathRegexModel): Middleware {
  return new ReplacePathRegex(checkedGoRegexp(regex), replacement);
}

class ReplacePath implements Middleware {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  request(head: RequestHead): undefined {
    replace(head, this.#path);
  }
}

class ReplacePathRegex implements Middleware {
  readonly #regexp: GoRegexp;
  readonly #replacement: string;

  constructor(regexp: GoRegexp, replacement: string) {
    this.#regexp = regexp;
    this.#replacement = replacement;
  }

  request(head: RequestHead): Refusal | undefined {
    if (head.path.length > longestRewritten) return tooLongToRewrite;
    if (!this.#regexp.test(head.path)) return undefined;
    const replaced = this.#regexp.replaceAll(head.path, this.#replacement);
    const path = rewrittenPath(replaced.startsWith('/') ? replaced : `/${replaced}`, head);
    if (path === undefined) return disguised;
    replace(head, path);
    return undefined;
  }
}

function replace(head: RequestHead, path: string): void {
  head.headers.push('x-replaced-path', head.path, 'X-Replaced-Path');
  head.path = path;
}
