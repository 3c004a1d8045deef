/** One gRPC-Web call: gRPC on the inner side, what a browser can read on the outer. */
import { type Exchange, UNKNOWN_LENGTH } from '../../http/exchange.ts';
import { FilterExchange } from '../../http/filter-exchange.ts';
import { grpcTrailers, isGrpc } from '../../http/grpc.ts';
import { deleteHeader, type Headers, hasHeader, stride } from '../../http/headers.ts';
import type { ResponseHead } from '../../http/message.ts';
import { Base64Decoder, Base64Encoder } from './base64-stream.ts';
import type { GrpcWebCors } from './cors.ts';
import { FrameTracker, trailerFrame } from './frames.ts';

export class GrpcWebExchange extends FilterExchange {
  readonly #cors: GrpcWebCors;
  /** Both for the text form only. */
  readonly #decoder: Base64Decoder | undefined;
  readonly #encoder: Base64Encoder | undefined;
  readonly #frames = new FrameTracker();
  /** The answer is gRPC and has a body: its trailers become the last frame. */
  #translating = false;
  #over = false;

  /** `text`: bodies are in Base64. */
  constructor(outer: Exchange, cors: GrpcWebCors, text: boolean) {
    super(outer);
    this.#cors = cors;
    this.#decoder = text ? new Base64Decoder() : undefined;
    this.#encoder = text ? new Base64Encoder() : undefined;
  }

  override get bodyLength(): number {
    const length = this.outer.bodyLength;
    return this.#decoder === undefined || length === 0 ? length : UNKNOWN_LENGTH;
  }

  override bodyData(chunk: Buffer): boolean {
    if (this.#decoder === undefined) return super.bodyData(chunk);
    if (this.#over) return true;
    const bytes = this.#decoder.decode(chunk);
    if (bytes === undefined) {
      this.#malformed();
      return true;
    }
    return bytes.length === 0 || super.bodyData(bytes);
  }

  override bodyEnd(trailers: Headers | undefined): void {
    if (this.#over) return;
    if (this.#decoder?.complete === false) this.#malformed();
    else super.bodyEnd(trailers);
  }

  #malformed(): void {
    this.#over = true;
    this.inner?.clientGone('request.malformed');
    this.outer.refuse('request.malformed', 'the body of a grpc-web-text call must be Base64');
  }

  protected override responded(head: ResponseHead, length: number): void {
    const { headers } = head;
    const grpc = isGrpc(headers);
    if (grpc) {
      toWebType(headers, this.#encoder === undefined ? 'application/grpc-web' : 'application/grpc-web-text');
      deleteHeader(headers, 'content-length');
      deleteHeader(headers, 'trailer');
    }
    this.#cors.admit(this.request.headers, headers);
    // An answer of fields alone says its status in them.
    this.#translating = grpc && !(length === 0 && hasHeader(headers, 'grpc-status'));
    this.outer.respond(head, this.#translating ? UNKNOWN_LENGTH : length);
  }

  protected override responseData(chunk: Buffer): boolean {
    if (this.#over) return true;
    if (!this.#translating) return this.outer.write(chunk);
    this.#frames.feed(chunk);
    if (this.#encoder === undefined) return this.outer.write(chunk);
    const text = this.#encoder.encode(chunk);
    return text.length === 0 || this.outer.write(text);
  }

  override flush(): void {
    if (this.#over) return;
    this.#writeRest();
    this.outer.flush();
  }

  /** Bytes that wait for a third go now, padded: what was said so far must reach the page. */
  #writeRest(): void {
    const rest = this.#encoder?.flush();
    if (rest !== undefined && rest.length > 0) this.outer.write(rest);
  }

  protected override responseEnded(trailers: Headers | undefined): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#translating && trailers !== undefined && trailers.length > 0) this.#end(trailers);
    else {
      this.#writeRest();
      this.outer.end(this.#translating ? undefined : trailers);
    }
  }

  #end(trailers: Headers): void {
    const frame = trailerFrame(trailers);
    if (this.#encoder === undefined) {
      this.outer.write(frame);
    } else {
      const text = this.#encoder.encode(frame);
      if (text.length > 0) this.outer.write(text);
      this.#writeRest();
    }
    this.outer.end(undefined);
  }

  /** Between two messages a page can be told what happened. */
  override breakOff(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#translating && this.#frames.between) this.#end(grpcTrailers('endpoint.broke-off'));
    else this.outer.breakOff();
  }
}

/** `application/grpc+proto` becomes `application/grpc-web+proto`. */
function toWebType(headers: Headers, type: string): void {
  for (let i = 0; i < headers.length; i += stride) {
    if (headers[i] === 'content-type')
      headers[i + 1] = type + (headers[i + 1] as string).slice('application/grpc'.length);
  }
}
