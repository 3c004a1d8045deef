/** `compress`: responses in gzip, Brotli or Zstandard for clients that accept it. */
import type { Exchange } from '../../http/exchange.ts';
import type { ResponseHead } from '../../http/message.ts';
import type { CompressModel, Encoding } from '../../model/middleware/compress.ts';
import type { Middleware, Next } from '../middleware.ts';
import { chooseEncoding } from './accept-encoding.ts';
import { CompressingExchange, type Compression } from './compressing-exchange.ts';
import { encoderKinds } from './encoders.ts';
import { CompressRules, varyByEncoding } from './rules.ts';

export function compress(model: CompressModel): Middleware {
  return new Compress(model);
}

class Compress implements Middleware {
  readonly #model: CompressModel;
  readonly #rules: CompressRules;
  readonly #ways: ReadonlyMap<Encoding, Compression>;

  constructor(model: CompressModel) {
    const { minBodyBytes } = model;
    const rules = new CompressRules(model.excluded, model.included);
    this.#model = model;
    this.#rules = rules;
    this.#ways = new Map(
      [...encoderKinds(model.encodings)].map(([encoding, encoder]) => [
        encoding,
        { rules, encoding, encoder, minBodyBytes },
      ]),
    );
  }

  handle(exchange: Exchange, next: Next): void {
    const { method, headers } = exchange.request;
    const encoding = chooseEncoding(headers, this.#model);
    const how = encoding === undefined ? undefined : this.#ways.get(encoding);
    if (how === undefined || method === 'HEAD' || this.#rules.leavesAlone(headers)) next.go(exchange);
    else next.go(new CompressingExchange(exchange, how));
  }

  /** For those who got it plain, too: a cache that keeps it must ask again for clients that accept more. */
  response(head: ResponseHead): void {
    if (this.#rules.compresses(head)) varyByEncoding(head.headers);
  }
}
