/** An exchange whose response is compressed on its way, once it is known to be worth it. */
import type { GatewayErrorCode } from '../../http/errors.ts';
import { type Exchange, UNKNOWN_LENGTH } from '../../http/exchange.ts';
import { FilterExchange } from '../../http/filter-exchange.ts';
import type { Headers } from '../../http/headers.ts';
import type { ResponseHead } from '../../http/message.ts';
import type { Encoding } from '../../model/middleware/compress.ts';
import { Compressor, type CompressorOwner } from './compressor.ts';
import type { EncoderKind } from './encoders.ts';
import { type CompressRules, encodedHead } from './rules.ts';

/** What one `compress` does for each of its requests, once the encoding is chosen. */
export interface Compression {
  readonly rules: CompressRules;
  readonly encoding: Encoding;
  readonly encoder: EncoderKind;
  readonly minBodyBytes: number;
}

export class CompressingExchange extends FilterExchange implements CompressorOwner {
  readonly #how: Compression;
  /** Held back while nobody knows how long the body gets. */
  #undecided: ResponseHead | undefined;
  #begun: Buffer[] = [];
  #begunBytes = 0;
  #compressor: Compressor | undefined;
  #trailers: Headers | undefined;
  #over = false;

  constructor(outer: Exchange, how: Compression) {
    super(outer);
    this.#how = how;
  }

  protected override responded(head: ResponseHead, length: number): void {
    const { rules, minBodyBytes } = this.#how;
    const short = length >= 0 && length < minBodyBytes;
    if (short || !rules.compresses(head)) this.outer.respond(head, length);
    else if (length >= 0) this.#compress(head, length);
    else this.#undecided = head;
  }

  #compress(head: ResponseHead, length: number): Compressor {
    const { encoding, encoder } = this.#how;
    encodedHead(head, encoding);
    const compressor = new Compressor(this, encoder, length);
    this.#compressor = compressor;
    this.outer.respond(head, UNKNOWN_LENGTH);
    return compressor;
  }

  /** It is compressed, with what has come of it so far. */
  #decide(head: ResponseHead): Compressor {
    this.#undecided = undefined;
    const compressor = this.#compress(head, UNKNOWN_LENGTH);
    for (const piece of this.#begun) compressor.write(piece);
    this.#begun = [];
    return compressor;
  }

  protected override responseData(chunk: Buffer): boolean {
    if (this.#over) return true;
    if (this.#compressor !== undefined) return this.#compressor.write(chunk);
    const head = this.#undecided;
    if (head === undefined) return this.outer.write(chunk);
    this.#begunBytes += chunk.length;
    if (this.#begunBytes >= this.#how.minBodyBytes) return this.#decide(head).write(chunk);
    this.#begun.push(Buffer.from(chunk));
    return true;
  }

  override flush(): void {
    if (this.#over) return;
    // The endpoint pauses, and what it has said may be all for now: an event, a line of a log.
    if (this.#undecided !== undefined) this.#decide(this.#undecided);
    this.#compressor?.flush();
    this.outer.flush();
  }

  protected override responseEnded(trailers: Headers | undefined): void {
    if (this.#over) return;
    if (this.#compressor !== undefined) {
      this.#trailers = trailers;
      this.#compressor.end();
      return;
    }
    this.#over = true;
    const head = this.#undecided;
    if (head !== undefined) {
      // With a length HTTP/1.1 has no place for trailers.
      this.outer.respond(head, trailers === undefined ? this.#begunBytes : UNKNOWN_LENGTH);
      for (const piece of this.#begun) this.outer.write(piece);
    }
    this.outer.end(trailers);
  }

  compressed(piece: Buffer): boolean {
    const goesOn = this.outer.write(piece);
    this.outer.flush();
    return goesOn;
  }

  compressedAll(): void {
    this.#over = true;
    this.outer.end(this.#trailers);
  }

  compressorDrained(): void {
    this.inner?.responseDrained();
  }

  compressorFailed(): void {
    this.#over = true;
    this.inner?.clientGone('gateway.internal');
    this.outer.breakOff();
  }

  override responseDrained(): void {
    if (this.#compressor === undefined) this.inner?.responseDrained();
    else this.#compressor.resume();
  }

  override breakOff(): void {
    if (this.#over) return;
    this.#over = true;
    this.#compressor?.destroy();
    // The client knows nothing yet: it gets an answer rather than a broken connection.
    if (this.#undecided !== undefined) this.outer.refuse('endpoint.broke-off', '');
    else this.outer.breakOff();
  }

  override clientGone(code: GatewayErrorCode): void {
    const before = this.#over;
    this.#over = true;
    this.#compressor?.destroy();
    if (!before || this.#compressor === undefined) this.inner?.clientGone(code);
  }
}
