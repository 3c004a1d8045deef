/** `grpcWeb`: calls of browsers, which know nothing of trailers, as gRPC (github.com/grpc/grpc, doc/PROTOCOL-WEB.md). */
import type { Exchange } from '../../http/exchange.ts';
import { addHeader, deleteHeader, getHeader, type Headers } from '../../http/headers.ts';
import type { GrpcWebModel } from '../../model/middleware/grpc-web.ts';
import type { Middleware, Next } from '../middleware.ts';
import { GrpcWebCors } from './cors.ts';
import { GrpcWebExchange } from './grpc-web-exchange.ts';

const webType = /^application\/grpc-web(-text)?(?=$|[+;\t ])/i;

export function grpcWeb(model: GrpcWebModel): Middleware {
  return new GrpcWeb(model);
}

class GrpcWeb implements Middleware {
  readonly #cors: GrpcWebCors;

  constructor({ origins }: GrpcWebModel) {
    this.#cors = new GrpcWebCors(origins);
  }

  handle(exchange: Exchange, next: Next): void {
    const { request } = exchange;
    const reply = this.#cors.preflight(request);
    if (reply !== undefined) {
      exchange.respond({ status: reply.status, reason: '', headers: reply.headers }, 0);
      exchange.end(undefined);
      return;
    }
    const type = request.method === 'POST' ? getHeader(request.headers, 'content-type') : undefined;
    const found = type === undefined ? null : webType.exec(type);
    if (type === undefined || found === null) {
      next.go(exchange);
      return;
    }
    toGrpc(request.headers, `application/grpc${type.slice(found[0].length)}`);
    next.go(new GrpcWebExchange(exchange, this.#cors, found[1] !== undefined));
  }
}

/** gRPC servers refuse callers who do not say that they read trailers. */
function toGrpc(headers: Headers, type: string): void {
  deleteHeader(headers, 'content-type');
  addHeader(headers, 'Content-Type', type);
  deleteHeader(headers, 'te');
  addHeader(headers, 'TE', 'trailers');
}
