/** A request's body on its way: to the endpoint, into what is kept for another attempt, and to mirrors. */
import type { ClientRequest } from '../http/client-request.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Headers } from '../http/headers.ts';
import type { MirrorCopy } from '../service/mirror-copy.ts';
import { BodyReplay } from './replay.ts';

/** A request on its way, to an endpoint or to a service with middlewares of its own. */
export type SentRequest = Pick<
  ClientRequest,
  'served' | 'write' | 'endRequest' | 'flush' | 'resume' | 'destroy'
>;

export class SentBody {
  readonly #replay: BodyReplay;
  #copies: readonly MirrorCopy[] | undefined;
  #awaitsCopies = false;
  #ended = false;
  #trailers: Headers | undefined;

  /** `most`: bytes kept for another attempt. */
  constructor(most: number) {
    this.#replay = new BodyReplay(most);
  }

  /** All that has come is still here. */
  get whole(): boolean {
    return this.#replay.whole;
  }

  allow(most: number): void {
    this.#replay.allow(most);
  }

  /** What is here goes to `connection`; the rest follows as `exchange` gives it. */
  begin(connection: SentRequest, exchange: Exchange): void {
    this.#replay.send(connection);
    if (this.#ended) connection.endRequest(this.#trailers);
    else exchange.readBody();
  }

  data(chunk: Buffer, connection: SentRequest | undefined): boolean {
    this.#replay.keep(chunk, connection === undefined || this.#awaitsCopies);
    if (this.#copies !== undefined) {
      const copied = Buffer.from(chunk);
      for (const copy of this.#copies) copy.body(copied);
    }
    return connection?.write(chunk) ?? false;
  }

  end(trailers: Headers | undefined, connection: SentRequest | undefined): void {
    this.#ended = true;
    this.#trailers = trailers;
    if (this.#copies !== undefined) for (const copy of this.#copies) copy.endBody(trailers);
    connection?.endRequest(trailers);
  }

  /** `copyTo` follows: until then nothing is thrown away, however much comes at once. */
  awaitCopies(): void {
    this.#awaitsCopies = true;
  }

  /** These want it as well, from its beginning. */
  copyTo(copies: readonly MirrorCopy[]): void {
    this.#awaitsCopies = false;
    if (copies.length === 0) return;
    this.#replay.repeat(copies);
    this.#copies = this.#copies === undefined ? copies : [...this.#copies, ...copies];
    if (this.#ended) for (const copy of copies) copy.endBody(this.#trailers);
  }

  /** The rest will not come. */
  abandon(why: 'client-gone' | 'request-ended'): void {
    if (this.#ended || this.#copies === undefined) return;
    for (const copy of this.#copies) copy.drop(why);
  }
}
