/** What the authentication server is asked: the client's request without its body, and what is known of where it came from. */
import type { Exchange } from '../../http/exchange.ts';
import { deleteHeader, getHeader, type Headers, stride } from '../../http/headers.ts';
import type { RequestHead } from '../../http/message.ts';
import type { ForwardAuthModel } from '../../model/middleware/forward-auth.ts';

type Rules = Pick<
  ForwardAuthModel,
  'path' | 'query' | 'trustForwardHeader' | 'requestHeaders' | 'preserveMethod' | 'forwardBody'
>;

/** They are about the client's own message or connection. */
const notPassed = ['expect', 'te', 'trailer'];

export class AuthRequests {
  readonly #rules: Rules;
  readonly #only: ReadonlySet<string> | undefined;

  constructor(rules: Rules) {
    this.#rules = rules;
    const names = rules.requestHeaders.map((name) => name.toLowerCase());
    this.#only = names.length === 0 ? undefined : new Set(names);
  }

  /** A fresh head. */
  of(exchange: Exchange): RequestHead {
    const { path, query, trustForwardHeader, preserveMethod } = this.#rules;
    const { request, facts } = exchange;
    // The gateway at the other end of an uplink is proven to be ours.
    const trusting = trustForwardHeader || facts.peerUri !== '';
    const headers = this.#passed(request.headers);
    const told = (name: string) => (trusting ? getHeader(request.headers, name) : undefined);
    set(headers, 'X-Forwarded-Method', told('x-forwarded-method') ?? request.method);
    set(headers, 'X-Forwarded-Proto', told('x-forwarded-proto') ?? (facts.secure ? 'https' : 'http'));
    set(headers, 'X-Forwarded-Host', told('x-forwarded-host') ?? request.authority);
    set(headers, 'X-Forwarded-Uri', told('x-forwarded-uri') ?? uriOf(request));
    set(headers, 'X-Forwarded-For', told('x-forwarded-for') ?? facts.peerAddress);
    const port = told('x-forwarded-port');
    if (port !== undefined) set(headers, 'X-Forwarded-Port', port);
    return {
      ...request,
      method: preserveMethod ? request.method : 'GET',
      path,
      query,
      authority: '',
      host: '',
      headers,
    };
  }

  #passed(from: Headers): Headers {
    const only = this.#only;
    const headers: Headers = [];
    for (let i = 0; i < from.length; i += stride) {
      const name = from[i] as string;
      if (only === undefined ? notPassed.includes(name) : !only.has(name)) continue;
      headers.push(name, from[i + 1] as string, from[i + 2] as string);
    }
    return headers;
  }
}

function uriOf({ path, query }: RequestHead): string {
  return query === undefined ? path : `${path}?${query}`;
}

function set(headers: Headers, written: string, value: string): void {
  const name = written.toLowerCase();
  deleteHeader(headers, name);
  if (value !== '') headers.push(name, value, written);
}
