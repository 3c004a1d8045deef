/** What the service that has the pages is asked. */
import { type Headers, stride } from '../../http/headers.ts';
import type { RequestHead } from '../../http/message.ts';
import { canonicalPath } from '../../http/path.ts';

/** They are about the body that was sent, or would make a part or nothing of the page. */
const notPassed = new Set([
  'content-encoding',
  'content-language',
  'content-location',
  'content-type',
  'expect',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
  'te',
  'trailer',
]);

export class PageRequests {
  readonly #page: string;
  readonly #only: ReadonlySet<string> | undefined;

  /** `page`: path and query with their variables; `only`: lower-case names of the fields that are passed on. */
  constructor(page: string, only: readonly string[] | undefined) {
    this.#page = page;
    this.#only = only === undefined ? undefined : new Set(only);
  }

  /** A fresh head; undefined when the path with its variables filled in is none. */
  of(request: RequestHead, status: number, originalStatus: number): RequestHead | undefined {
    const target = this.#page
      .replaceAll('{status}', String(status))
      .replaceAll('{originalStatus}', String(originalStatus))
      .replaceAll('{url}', () => escaped(request));
    const mark = target.indexOf('?');
    const path = canonicalPath(mark < 0 ? target : target.slice(0, mark));
    if (path === undefined) return undefined;
    const query = mark < 0 ? undefined : target.slice(mark + 1);
    return { ...request, method: 'GET', path, query, headers: this.#passed(request.headers) };
  }

  #passed(from: Headers): Headers {
    const only = this.#only;
    const headers: Headers = [];
    for (let i = 0; i < from.length; i += stride) {
      const name = from[i] as string;
      if (only === undefined ? notPassed.has(name) : !only.has(name)) continue;
      headers.push(name, from[i + 1] as string, from[i + 2] as string);
    }
    return headers;
  }
}

/** As Go's url.QueryEscape has it. */
function escaped({ path, query }: RequestHead): string {
  return encodeURIComponent(query === undefined ? path : `${path}?${query}`)
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
