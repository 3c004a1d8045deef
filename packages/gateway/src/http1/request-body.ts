/** The body of the request in progress, on its way from the reader to whoever listens to the exchange. */
import type { GatewayErrorCode } from '../http/errors.ts';
import type { ExchangeListener } from '../http/exchange.ts';
import type { Headers } from '../http/headers.ts';
import { passableTrailers } from '../http/trailers.ts';
import { BodyDecoder, type DecodedBody } from './body-decoder.ts';
import type { RequestReader } from './request-reader.ts';

/** The connection the body comes over. */
export interface BodyOwner {
  /** Who gets the body, undefined when nobody wants it any more. */
  readonly listener: ExchangeListener | undefined;
  /** The listener has enough for now. */
  bodyPaused(): void;
  bodyFailed(code: GatewayErrorCode, detail: string): void;
}

export class RequestBody implements DecodedBody {
  /** Bytes are passed on as they come. */
  flowing = false;
  readonly #owner: BodyOwner;
  readonly #mostBytes: number;
  #decoder: BodyDecoder | undefined;
  #bytes = 0;

  constructor(owner: BodyOwner, mostBytes: number) {
    this.#owner = owner;
    this.#mostBytes = mostBytes;
  }

  /** All of it was read (or there is none). */
  get whole(): boolean {
    return this.#decoder === undefined;
  }

  /** `framing`: bytes, 0 for none, or CHUNKED. */
  begin(framing: number): void {
    this.#decoder = framing === 0 ? undefined : new BodyDecoder(framing, this);
    this.#bytes = 0;
    this.flowing = false;
  }

  /** Forgets the rest: the connection will not go on after this exchange. */
  drop(): void {
    this.#decoder = undefined;
  }

  /** Takes what the reader has. */
  feed(reader: RequestReader): void {
    if (this.#decoder === undefined) return;
    if (reader.feed(this.#decoder)) this.#owner.listener?.turnEnd();
    else this.#owner.bodyFailed('request.malformed', 'the chunked body is malformed');
  }

  bodyPiece(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#mostBytes > 0 && this.#bytes > this.#mostBytes) {
      this.#owner.bodyFailed('request.body-too-large', `at most ${this.#mostBytes} bytes`);
      return;
    }
    if (this.#owner.listener?.bodyData(chunk) === false) {
      this.flowing = false;
      this.#owner.bodyPaused();
    }
  }

  bodyWhole(trailers: Headers | undefined): void {
    this.#decoder = undefined;
    this.#owner.listener?.bodyEnd(trailers === undefined ? undefined : passableTrailers(trailers));
  }
}
