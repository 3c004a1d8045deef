/** An exchange whose response is refused when it is too large, and is taken in whole where that cannot be known before. */
import type { GatewayErrorCode } from '../../http/errors.ts';
import { type Exchange, UNKNOWN_LENGTH } from '../../http/exchange.ts';
import { FilterExchange } from '../../http/filter-exchange.ts';
import type { Headers } from '../../http/headers.ts';
import type { ResponseHead } from '../../http/message.ts';
import { BodyStore, type BodyStoreOwner } from '../body/body-store.ts';
import type { BodyReader, StoreReading } from '../body/store-reading.ts';

/** `plain`: passes as it comes. `taking`: into the store. `giving`: out of it. */
type State = 'plain' | 'taking' | 'giving' | 'over';

export class LimitedResponse extends FilterExchange implements BodyStoreOwner, BodyReader {
  readonly #maxBytes: number;
  readonly #memoryBytes: number;
  #state: State = 'plain';
  #head: ResponseHead | undefined;
  #store: BodyStore | undefined;
  #reading: StoreReading | undefined;
  #trailers: Headers | undefined;

  constructor(outer: Exchange, maxBytes: number, memoryBytes: number) {
    super(outer);
    this.#maxBytes = maxBytes;
    this.#memoryBytes = memoryBytes;
  }

  protected override responded(head: ResponseHead, length: number): void {
    const bodiless = this.request.method === 'HEAD' || head.status === 204 || head.status === 304;
    if (!bodiless && length > this.#maxBytes) {
      this.#tooLarge();
    } else if (bodiless || length >= 0) {
      this.outer.respond(head, length);
    } else {
      this.#state = 'taking';
      this.#head = head;
      this.#store = new BodyStore(this.#memoryBytes, this);
    }
  }

  protected override responseData(chunk: Buffer): boolean {
    if (this.#state === 'plain') return this.outer.write(chunk);
    if (this.#state !== 'taking' || this.#store === undefined) return true;
    if (this.#store.length + chunk.length <= this.#maxBytes) return this.#store.write(chunk);
    this.#tooLarge();
    return true;
  }

  protected override responseEnded(trailers: Headers | undefined): void {
    if (this.#state === 'plain') {
      this.#state = 'over';
      this.outer.end(trailers);
    } else if (this.#state === 'taking') {
      this.#trailers = trailers;
      this.#store?.end(() => this.#give());
    }
  }

  #give(): void {
    const [head, store] = [this.#head, this.#store];
    if (this.#state !== 'taking' || head === undefined || store === undefined) return;
    this.#state = 'giving';
    // With a length HTTP/1.1 has no place for trailers.
    this.outer.respond(head, this.#trailers === undefined ? store.length : UNKNOWN_LENGTH);
    this.#reading = store.read(this);
    this.#reading.resume();
  }

  #tooLarge(): void {
    this.#stop();
    // Not at once: the endpoint's side is in the middle of telling us.
    setImmediate(() => this.inner?.clientGone('client.gone'));
    this.outer.refuse('endpoint.body-too-large', `at most ${this.#maxBytes} bytes`);
  }

  #stop(): void {
    this.#state = 'over';
    this.#reading?.cancel();
    this.#store?.close();
  }

  storeDrained(): void {
    if (this.#state === 'taking') this.inner?.responseDrained();
  }

  storeFailed(error: Error): void {
    if (this.#state !== 'taking') return;
    this.#stop();
    this.inner?.clientGone('gateway.internal');
    this.outer.refuse('gateway.internal', `the response cannot be stored: ${error.message}`);
  }

  piece(chunk: Buffer): boolean {
    return this.outer.write(chunk);
  }

  pieceTurnEnd(): void {
    if (this.#state === 'giving') this.outer.flush();
  }

  whole(): void {
    this.#stop();
    this.outer.end(this.#trailers);
  }

  unreadable(): void {
    this.#stop();
    this.outer.breakOff();
  }

  override flush(): void {
    if (this.#state === 'plain') this.outer.flush();
  }

  override breakOff(): void {
    const { outer } = this;
    const state = this.#state;
    if (state === 'over') return;
    this.#stop();
    // The client knows nothing yet: it gets an answer rather than a broken connection.
    if (state === 'taking') outer.refuse('endpoint.broke-off', '');
    else outer.breakOff();
  }

  override responseDrained(): void {
    if (this.#state === 'giving') this.#reading?.resume();
    else this.inner?.responseDrained();
  }

  override clientGone(code: GatewayErrorCode): void {
    const ended = this.#state === 'giving' || this.#state === 'over';
    this.#stop();
    if (!ended) this.inner?.clientGone(code);
  }
}
