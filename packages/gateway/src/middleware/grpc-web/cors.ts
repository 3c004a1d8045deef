/** What browsers are told of calls from other origins (Fetch standard, §3.2). */
import { addHeader, deleteHeader, getHeader, type Headers, stride } from '../../http/headers.ts';
import type { RequestHead } from '../../http/message.ts';
import type { Reply } from '../middleware.ts';

/** Seconds for which a browser remembers the answer to its question. */
const maxAge = '600';
const methods = new Set(['GET', 'HEAD', 'POST']);

export class GrpcWebCors {
  readonly #origins: ReadonlySet<string>;
  readonly #any: boolean;

  constructor(origins: readonly string[]) {
    this.#origins = new Set(origins);
    this.#any = this.#origins.has('*');
  }

  /** The answer to a browser that asks whether it may call with gRPC-Web; undefined when it asks for something else. */
  preflight({ method, headers }: RequestHead): Reply | undefined {
    const asked = getHeader(headers, 'access-control-request-headers');
    const wanted = getHeader(headers, 'access-control-request-method');
    if (method !== 'OPTIONS' || asked === undefined || wanted === undefined) return undefined;
    if (!asked.toLowerCase().includes('x-grpc-web')) return undefined;
    const answer: Headers = [];
    addHeader(answer, 'Vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers');
    const origin = this.#allowed(headers);
    if (origin !== undefined && methods.has(wanted)) {
      allow(answer, origin);
      addHeader(answer, 'Access-Control-Allow-Methods', wanted);
      addHeader(answer, 'Access-Control-Allow-Headers', asked);
      addHeader(answer, 'Access-Control-Max-Age', maxAge);
    }
    return { status: 204, headers: answer, body: Buffer.alloc(0) };
  }

  /** Lets the page that has sent `request` read the answer with these fields. */
  admit(request: Headers, answer: Headers): void {
    addHeader(answer, 'Vary', 'Origin');
    const origin = this.#allowed(request);
    if (origin === undefined) return;
    const names = new Set<string>();
    for (let i = 0; i < answer.length; i += stride) names.add(answer[i] as string);
    for (const name of ['grpc-status', 'grpc-message']) names.add(name);
    for (const name of hidden) names.delete(name);
    allow(answer, origin);
    deleteHeader(answer, 'access-control-expose-headers');
    addHeader(answer, 'Access-Control-Expose-Headers', [...names].join(', '));
  }

  #allowed(headers: Headers): string | undefined {
    const origin = getHeader(headers, 'origin');
    return origin !== undefined && (this.#any || this.#origins.has(origin)) ? origin : undefined;
  }
}

/** Of no use to a page, or never shown to one. */
const hidden = [
  'access-control-allow-credentials',
  'access-control-allow-origin',
  'access-control-expose-headers',
  'set-cookie',
  'vary',
];

function allow(answer: Headers, origin: string): void {
  deleteHeader(answer, 'access-control-allow-origin');
  deleteHeader(answer, 'access-control-allow-credentials');
  addHeader(answer, 'Access-Control-Allow-Origin', origin);
  addHeader(answer, 'Access-Control-Allow-Credentials', 'true');
}
