/** One middleware as a person writes it, for its tests: YAML in, what it does to requests and responses out. */
import type { Clock } from '@ficus/common/clock.ts';
import type { Headers } from '../http/headers.ts';
import type { RequestHead, ResponseHead } from '../http/message.ts';
import { compileMiddleware } from '../middleware/index.ts';
import type { Middleware, Verdict } from '../middleware/middleware.ts';
import { exchangeOf, inContext, passing } from '../middleware/testing.ts';
import { modelFrom } from './from-yaml.ts';

/** `yaml` in one line, such as `addPrefix: {prefix: /a}`. Throws with what is wrong with it. */
export function middlewareOf(yaml: string, clock?: Clock): Middleware {
  const [model] = modelFrom(`http: {middlewares: {m: {${yaml}}}}`).middlewares;
  if (model === undefined) throw new Error('no middleware');
  return compileMiddleware(model, inContext(clock));
}

export function requestHead(more: Partial<RequestHead> = {}): RequestHead {
  return {
    method: 'GET',
    path: '/',
    query: undefined,
    authority: 'shop.example',
    host: 'shop.example',
    headers: [],
    clientAddress: '192.0.2.1',
    secure: false,
    ...more,
  };
}

/** Fields as the wire has them, from an object. */
export function fieldsOf(fields: Readonly<Record<string, string>>): Headers {
  return Object.entries(fields).flatMap(([name, value]) => [name.toLowerCase(), value, name]);
}

/** `name: value` of each field, as written. */
export function written(headers: Headers): string[] {
  const lines: string[] = [];
  for (let i = 0; i < headers.length; i += 3) lines.push(`${headers[i + 2]}: ${headers[i + 1]}`);
  return lines;
}

export function verdictOn(middleware: Middleware, head: RequestHead): Verdict | undefined {
  return middleware.request?.(head, exchangeOf(head), passing);
}

/** What `middleware` makes of a response with `fields` to `request`. */
export function answered(middleware: Middleware, request: RequestHead, fields: Headers = []): string[] {
  const head: ResponseHead = { status: 200, reason: '', headers: fields };
  middleware.response?.(head, exchangeOf(request));
  return written(head.headers);
}
