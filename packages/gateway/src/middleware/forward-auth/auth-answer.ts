/** What becomes of the authentication server's answer: fields for the request, cookies for the response, or all of it. */
import { getHeader, type Headers, stride } from '../../http/headers.ts';
import { removeConnectionFields } from '../../http/hop-by-hop.ts';
import { CONNECTION, classify, DROP, TE } from '../../http/managed-headers.ts';
import type { ResponseHead } from '../../http/message.ts';
import type { ForwardAuthModel } from '../../model/middleware/forward-auth.ts';
import { checkedGoRegexp, type GoRegexp } from '../../rules/go-regexp.ts';

/** Copies the fields that the configuration names. */
export class AuthFields {
  readonly #names: ReadonlySet<string>;
  readonly #pattern: GoRegexp | undefined;

  constructor({ responseHeaders, responseHeadersRegex }: ForwardAuthModel) {
    this.#names = new Set(responseHeaders.map((name) => name.toLowerCase()));
    this.#pattern = responseHeadersRegex === '' ? undefined : checkedGoRegexp(responseHeadersRegex);
  }

  /**
   * Sets them in `request` as `answer` has them. What the client sent under their names goes first, whether the server
   * names them or not, and so does what only looks like them to endpoints that take `_` for `-`.
   */
  copy(answer: Headers, request: Headers): void {
    if (this.#names.size === 0 && this.#pattern === undefined) return;
    let to = 0;
    for (let i = 0; i < request.length; i += stride) {
      const name = request[i] as string;
      if (this.#takes(name) || (name.includes('_') && this.#takes(name.replaceAll('_', '-')))) continue;
      for (let k = 0; k < stride; k++) request[to + k] = request[i + k] as string;
      to += stride;
    }
    request.length = to;
    for (let i = 0; i < answer.length; i += stride) {
      const name = answer[i] as string;
      if (this.#takes(name)) request.push(name, answer[i + 1] as string, answer[i + 2] as string);
    }
  }

  #takes(name: string): boolean {
    if (this.#names.has(name)) return true;
    return this.#pattern !== undefined && !frames(name) && this.#pattern.test(canonical(name));
  }
}

/** Fields of one connection or one message; an expression such as `.*` does not mean them. */
function frames(name: string): boolean {
  const kind = classify(name);
  return kind === DROP || kind === CONNECTION || kind === TE || framing.has(name);
}

const framing = new Set([
  'date',
  'expect',
  'server',
  'set-cookie',
  'trailer',
  'content-type',
  'content-encoding',
]);

/** `x-auth-user` as `X-Auth-User`, which is what expressions are written for. */
function canonical(lower: string): string {
  return lower.replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());
}

/** The answer made fit to be the client's; undefined when its Location makes no sense. */
export function passedAnswer(head: ResponseHead, address: string, asItIs: boolean): ResponseHead | undefined {
  removeConnectionFields(head.headers);
  if (asItIs) return head;
  for (let i = 0; i < head.headers.length; i += stride) {
    if (head.headers[i] !== 'location') continue;
    const location = head.headers[i + 1] as string;
    if (!URL.canParse(location, address)) return undefined;
    head.headers[i + 1] = new URL(location, address).href;
  }
  return head;
}

/** The Set-Cookie lines in `answer` whose cookies have one of these names. */
export function cookiesOf(answer: Headers, names: ReadonlySet<string>): readonly string[] {
  const lines: string[] = [];
  for (let i = 0; i < answer.length; i += stride) {
    if (answer[i] === 'set-cookie' && names.has(cookieName(answer[i + 1] as string)))
      lines.push(answer[i + 1] as string);
  }
  return lines;
}

/** Puts `lines` in place of the cookies of these names. */
export function replaceCookies(headers: Headers, names: ReadonlySet<string>, lines: readonly string[]): void {
  let to = 0;
  for (let i = 0; i < headers.length; i += stride) {
    if (headers[i] === 'set-cookie' && names.has(cookieName(headers[i + 1] as string))) continue;
    for (let k = 0; k < stride; k++) headers[to + k] = headers[i + k] as string;
    to += stride;
  }
  headers.length = to;
  for (const line of lines) headers.push('set-cookie', line, 'Set-Cookie');
}

function cookieName(line: string): string {
  const end = line.search(/[=;]/);
  return (end < 0 ? line : line.slice(0, end)).trim();
}

/** The user's name for the access log; '' for none. */
export function userOf(answer: Headers, field: string): string {
  return field === '' ? '' : (getHeader(answer, field) ?? '');
}
