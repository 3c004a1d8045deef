/** Writes one response after the other to a client's socket: heads, framing, body, trailers. */
import type { Headers } from '../http/headers.ts';
import type { ResponseHead } from '../http/message.ts';
import { passableTrailers } from '../http/trailers.ts';
import { BodyWriter } from './body-writer.ts';
import type { Output } from './output.ts';
import { responseHeadText } from './response-head.ts';

/** Head without any framing field. */
const unframed = -3;
/** Head that says chunked. */
const chunked = -1;

export class ResponseWriter {
  readonly #output: Output;
  readonly #body: BodyWriter;
  #bodiless = false;
  #streams = true;
  /** Something was written for a request. */
  used = false;

  constructor(output: Output) {
    this.#output = output;
    this.#body = new BodyWriter(output);
  }

  /** The next response is to this kind of request. `streams`: HTTP/1.1. */
  begin(method: string, streams: boolean): void {
    this.#bodiless = method === 'HEAD';
    this.#streams = streams;
    this.used = true;
  }

  inform(head: ResponseHead): void {
    if (!this.#streams) return;
    this.#output.text(responseHeadText(head, unframed, false, ''));
    this.#output.flush();
  }

  /** Writes the head and returns whether the connection can go on afterwards. `length` -1: not known. */
  head(head: ResponseHead, length: number, keepAlive: boolean): boolean {
    const withoutBody = this.#bodiless || head.status === 204 || head.status === 304;
    this.#bodiless = withoutBody;
    const untilClose = !withoutBody && length < 0 && !this.#streams;
    const goesOn = keepAlive && !untilClose;
    const isChunked = !withoutBody && length < 0 && this.#streams;
    this.#body.begin(isChunked);
    const framing = withoutBody || untilClose ? unframed : isChunked ? chunked : length;
    const connection = goesOn ? (this.#streams ? '' : 'keep-alive') : 'close';
    this.#output.text(responseHeadText(head, framing, withoutBody && head.status !== 204, connection));
    return goesOn;
  }

  /** A 101 that hands the connection over to `protocol`. */
  switched(head: ResponseHead, protocol: string): void {
    this.#output.text(responseHeadText(head, unframed, false, `Upgrade\r\nupgrade: ${protocol}`));
    this.#output.flush();
  }

  /** False: wait for the socket's drain. */
  write(chunk: Buffer): boolean {
    return this.#bodiless || this.#body.write(chunk);
  }

  end(trailers: Headers | undefined): void {
    this.#body.end(trailers === undefined ? undefined : passableTrailers(trailers));
    this.#output.flush();
  }

  flush(): boolean {
    return this.#output.flush();
  }
}
