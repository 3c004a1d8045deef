/** `headers`: sets and deletes fields of requests and responses, answers CORS preflights, protects browsers. */
import { FicusError } from '@ficus/common/errors.ts';
import { type Authority, parseAuthority } from '../http/authority.ts';
import type { Exchange } from '../http/exchange.ts';
import type { RequestHead, ResponseHead } from '../http/message.ts';
import type { HeadersMiddleware } from '../model/middleware/headers.ts';
import { BrowserProtection } from './browser-protection.ts';
import { Cors } from './cors.ts';
import { applyEdits, type FieldEdit, fieldEdit } from './field-edit.ts';
import { fieldMistake } from './field-mistake.ts';
import type { Middleware, Verdict } from './middleware.ts';

/** Throws a FicusError for fields that belong to the wire, and for names and values that no field may have. */
export function headers(config: HeadersMiddleware): Middleware {
  check('customRequestHeaders', config.request, 'request');
  check('customResponseHeaders', config.response, 'response');
  return new HeadersRewriter(config);
}

class HeadersRewriter implements Middleware {
  readonly #host: Authority | undefined;
  readonly #request: readonly FieldEdit[];
  readonly #response: readonly FieldEdit[];
  readonly #cors: Cors | undefined;
  readonly #protection: BrowserProtection | undefined;

  constructor({ request, response, cors, protection }: HeadersMiddleware) {
    const host = request.find(([name]) => name.toLowerCase() === 'host');
    this.#host = host === undefined ? undefined : parseAuthority(host[1]);
    this.#request = request.filter((each) => each !== host).map(([name, value]) => fieldEdit(name, value));
    this.#response = response.map(([name, value]) => fieldEdit(name, value));
    this.#cors = cors === undefined ? undefined : new Cors(cors);
    this.#protection = protection === undefined ? undefined : new BrowserProtection(protection);
  }

  request(head: RequestHead): Verdict | undefined {
    if (this.#cors !== undefined) {
      const answer = this.#cors.preflight(head);
      if (answer !== undefined) return answer;
    }
    if (this.#host !== undefined) {
      head.authority = this.#host.authority;
      head.host = this.#host.host;
    }
    applyEdits(this.#request, head.headers, true);
    return this.#protection?.request(head);
  }

  /** What is set by name wins over what protects, and CORS over both, as in Traefik. */
  response(head: ResponseHead, exchange: Exchange): void {
    this.#protection?.response(head, exchange.request);
    applyEdits(this.#response, head.headers, false);
    this.#cors?.response(head, exchange.request);
  }
}

function check(key: string, fields: HeadersMiddleware['request'], of: 'request' | 'response'): void {
  for (const [name, value] of fields) {
    const mistake = fieldMistake(name, value, of);
    if (mistake === undefined) continue;
    throw new FicusError('config.bad-header', `headers.${key}: ${mistake}`, {
      remedy: 'correct the middleware',
      status: 400,
    });
  }
}
