/** Cross-origin resource sharing: which pages may ask, told in preflights and in responses. */
import { deleteHeader, getHeader, type Headers, stride } from '../http/headers.ts';
import type { RequestHead, ResponseHead } from '../http/message.ts';
import type { CorsModel } from '../model/middleware/headers.ts';
import { checkedGoRegexp, type GoRegexp } from '../rules/go-regexp.ts';
import { wireText } from '../rules/wire-text.ts';
import { applyEdits, type FieldEdit, fieldEdit } from './field-edit.ts';
import type { Reply } from './middleware.ts';

const empty = Buffer.alloc(0);
const originField = 'access-control-allow-origin';

export class Cors {
  readonly #anyOrigin: boolean;
  readonly #origins: ReadonlySet<string>;
  readonly #regexps: readonly GoRegexp[];
  readonly #preflight: Headers;
  readonly #response: readonly FieldEdit[];
  readonly #vary: boolean;

  constructor(model: CorsModel) {
    // The first that fits is told, so that what stands before `*` is told by name.
    const any = model.origins.indexOf('*');
    this.#anyOrigin = any >= 0;
    this.#origins = new Set(any < 0 ? model.origins : model.origins.slice(0, any));
    this.#regexps = model.originRegexes.map(checkedGoRegexp);
    const credentials = model.allowCredentials ? [fieldEdit('Access-Control-Allow-Credentials', 'true')] : [];
    this.#preflight = flat([
      ...credentials,
      fieldEdit('Access-Control-Allow-Headers', model.allowHeaders),
      fieldEdit('Access-Control-Allow-Methods', model.allowMethods),
      fieldEdit('Access-Control-Max-Age', String(model.maxAge)),
    ]);
    const expose = fieldEdit('Access-Control-Expose-Headers', model.exposeHeaders);
    this.#response = expose.value === '' ? credentials : [...credentials, expose];
    this.#vary = model.addVary;
  }

  /** The answer to a preflight; undefined when the request is none. */
  preflight({ method, headers }: RequestHead): Reply | undefined {
    if (method !== 'OPTIONS') return undefined;
    const origin = getHeader(headers, 'origin');
    if (!origin || !getHeader(headers, 'access-control-request-method')) return undefined;
    const fields = this.#preflight.slice();
    const allowed = this.#allowed(origin);
    if (allowed !== undefined) fields.push(originField, allowed, 'Access-Control-Allow-Origin');
    fields.push('date', new Date().toUTCString(), 'Date');
    return { status: 200, headers: fields, body: empty };
  }

  response({ headers }: ResponseHead, request: RequestHead): void {
    if (this.#anyOrigin || this.#origins.size > 0 || this.#regexps.length > 0) {
      const allowed = this.#allowed(getHeader(request.headers, 'origin') ?? '');
      if (allowed !== undefined) {
        deleteHeader(headers, originField);
        headers.push(originField, allowed, 'Access-Control-Allow-Origin');
      }
    }
    applyEdits(this.#response, headers, false);
    if (this.#vary) varyByOrigin(headers);
  }

  /** What to say to `origin`, undefined when it may not ask. */
  #allowed(origin: string): string | undefined {
    if (this.#origins.has(origin)) return origin;
    if (this.#anyOrigin) return '*';
    if (this.#regexps.length === 0) return undefined;
    const text = wireText(origin);
    for (let i = 0; i < this.#regexps.length; i++) {
      if ((this.#regexps[i] as GoRegexp).test(text)) return origin;
    }
    return undefined;
  }
}

/** Several fields become one, as in Traefik; the origin is named once. */
function varyByOrigin(headers: Headers): void {
  let all = '';
  for (let i = 0; i < headers.length; i += stride) {
    if (headers[i] !== 'vary') continue;
    const value = headers[i + 1] as string;
    all = all === '' ? value : `${all},${value}`;
  }
  const named = all.split(',').some((each) => each.trim().toLowerCase() === 'origin' || each.trim() === '*');
  if (named) return;
  deleteHeader(headers, 'vary');
  headers.push('vary', all === '' ? 'Origin' : `${all},Origin`, 'Vary');
}

function flat(edits: readonly FieldEdit[]): Headers {
  return edits
    .filter(({ value }) => value !== '')
    .flatMap(({ name, value, written }) => [name, value, written]);
}
