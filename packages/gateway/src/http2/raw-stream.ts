/** A stream as a plain byte stream, after an extended CONNECT (RFC 8441). */
import type { RawConnection, RawListener } from '../http/exchange.ts';
import { errorCodes } from './frames.ts';
import type { Http2Stream } from './stream.ts';

export class RawStream implements RawConnection {
  readonly #stream: Http2Stream;
  #listener: RawListener | undefined;
  #paused = true;
  #ended = false;

  constructor(stream: Http2Stream) {
    this.#stream = stream;
  }

  start(listener: RawListener): void {
    this.#listener = listener;
    this.resume();
    if (this.#ended) listener.rawEnd();
  }

  write(chunk: Buffer): boolean {
    return this.#stream.sendData(chunk);
  }

  end(): void {
    this.#stream.sendEnd(undefined);
  }

  destroy(): void {
    this.#stream.reset(errorCodes.cancel);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#stream.resumeReceiving();
  }

  /** The stream's events, passed on by whoever owns it. False: no more for now. */
  data(piece: Buffer): boolean {
    this.#listener?.rawData(Buffer.from(piece));
    return !this.#paused;
  }

  drained(): void {
    this.#listener?.rawDrained();
  }

  ended(): void {
    this.#ended = true;
    this.#listener?.rawEnd();
  }

  gone(): void {
    this.#listener?.rawGone();
  }
}
