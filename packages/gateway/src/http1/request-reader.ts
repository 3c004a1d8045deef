/** Takes bytes from a client's socket and finds request heads in them, within the limits. */
import { GatewayError, type GatewayErrorCode } from '../http/errors.ts';
import type { ConnectionFacts } from '../http/exchange.ts';
import { type RequestHead, unreadableRequest } from '../http/message.ts';
import type { ConnectionLimits } from '../model/model.ts';
import type { BodyDecoder } from './body-decoder.ts';
import { requestFraming } from './framing.ts';
import { HeadText } from './head-text.ts';
import { bareLineEnd, connectionHas, parseRequestHead } from './parse-head.ts';
import { toRequest, upgradeProtocol } from './request-target.ts';

export interface HeadFailure {
  readonly code: GatewayErrorCode;
  readonly detail: string;
}

export interface ReadRequest {
  readonly request: RequestHead;
  /** Bytes, 0 for none, or CHUNKED. */
  readonly bodyLength: number;
  readonly keepAlive: boolean;
  readonly upgrade: string;
  /** HTTP/1.1: the client knows chunks and interim responses. */
  readonly streams: boolean;
}

/** Stands where a head could not be read, so that its refusal goes the way of any other response. */
export const unreadable: ReadRequest = {
  request: unreadableRequest,
  bodyLength: 0,
  keepAlive: false,
  upgrade: '',
  streams: true,
};

export class RequestReader {
  readonly #limits: ConnectionLimits;
  #buffer: Buffer | undefined;
  readonly #head = new HeadText();
  #forgiven = false;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  get pending(): boolean {
    return this.#buffer !== undefined;
  }

  get size(): number {
    return this.#buffer === undefined ? 0 : this.#buffer.length;
  }

  push(chunk: Buffer): void {
    this.#buffer = this.#buffer === undefined ? chunk : Buffer.concat([this.#buffer, chunk]);
  }

  /** Copies what is unread, when its memory is about to be read into again. */
  own(): void {
    if (this.#buffer !== undefined) this.#buffer = Buffer.from(this.#buffer);
  }

  /**
   * What the unread bytes of a client's first request are. `foreign`: the first line names no HTTP version and has more than
   * HTTP/0.9's two words. Whoever speaks no HTTP would not understand an answer, and a client of HTTP/2 that lost its way
   * would misread it.
   */
  get spoken(): 'http1' | 'http2' | 'foreign' {
    const text = this.#buffer?.toString('latin1', 0, 256) ?? '';
    // RFC 9113 §3.4.
    if (text.startsWith('PRI * HTTP/2.0\r\n\r\n')) return 'http2';
    const line = text.split(/[\r\n]/, 1)[0] as string;
    return /http/i.test(line) || line.split(' ').length < 3 ? 'http1' : 'foreign';
  }

  /** All that is unread; the reader is empty afterwards. */
  take(): Buffer | undefined {
    const rest = this.#buffer;
    this.#buffer = undefined;
    return rest;
  }

  /** Passes bytes to the body. False: its framing is malformed. */
  feed(body: BodyDecoder): boolean {
    const buffer = this.#buffer as Buffer;
    // Empty before the body's owner hears of it: what it does may push or feed again.
    this.#buffer = undefined;
    const read = body.write(buffer, 0);
    if (read < 0) return false;
    if (read < buffer.length) {
      const rest = buffer.subarray(read);
      this.#buffer = this.#buffer === undefined ? rest : Buffer.concat([rest, this.#buffer]);
    }
    return true;
  }

  /** The next request, why it is refused, or undefined while its head is incomplete. */
  readHead(facts: ConnectionFacts): ReadRequest | HeadFailure | undefined {
    const buffer = this.#buffer as Buffer;
    // RFC 9112 §2.2: one empty line before a request is forgiven.
    if (this.#head.searched === 0 && buffer[0] === 13) {
      if (buffer.length < 2) return undefined;
      if (buffer[1] !== 10 || this.#forgiven) return malformed('want a method');
      this.#forgiven = true;
      this.#buffer = buffer.length === 2 ? undefined : buffer.subarray(2);
      return this.#buffer === undefined ? undefined : this.readHead(facts);
    }
    const length = this.#head.find(buffer);
    const most = this.#limits.maxHeaderBytes;
    if (length === 0 || length - 4 > most) {
      if (buffer.length > most) return this.#tooLarge(buffer, most);
      if (length === 0) return this.#incomplete(buffer);
    }
    this.#forgiven = false;
    const head = parseRequestHead(this.#head.text, this.#limits.maxHeaderCount);
    if (typeof head === 'string') {
      if (head === 'version') return { code: 'request.version', detail: 'want HTTP/1.1 or HTTP/1.0' };
      if (head === 'too-many-fields')
        return {
          code: 'request.head-too-large',
          detail: `at most ${this.#limits.maxHeaderCount} header fields`,
        };
      return malformed('the request head breaks RFC 9112');
    }
    const bodyLength = requestFraming(head);
    if (bodyLength === 'transfer-coding')
      return { code: 'request.transfer-coding', detail: 'only chunked is known' };
    if (bodyLength === 'malformed') return malformed('the body framing is ambiguous');
    const mostBody = this.#limits.maxRequestBodyBytes;
    if (mostBody > 0 && bodyLength > mostBody) {
      return { code: 'request.body-too-large', detail: `at most ${mostBody} bytes` };
    }
    const request = toRequest(head, facts);
    if (request instanceof GatewayError) return request;
    this.#buffer = length === buffer.length ? undefined : buffer.subarray(length);
    const keepAlive =
      head.minor === 1
        ? head.connection === '' || !connectionHas(head.connection, 'close')
        : connectionHas(head.connection, 'keep-alive');
    return {
      request,
      bodyLength,
      keepAlive,
      upgrade: head.upgrade === '' ? '' : upgradeProtocol(head, bodyLength),
      streams: head.minor === 1,
    };
  }

  /** Nothing that can still become a valid head is refused here, and nothing hopeless waits for its deadline. */
  #incomplete(buffer: Buffer): HeadFailure | undefined {
    const before = Math.max(0, this.#head.searched - 1);
    // A CR that ended the last piece had nothing behind it yet; an LF there was judged with its CR, which is not in sight now.
    const from = this.#head.searched > 0 && buffer[before] === 10 ? this.#head.searched : before;
    const fresh = buffer.toString('latin1', from);
    this.#head.searched = buffer.length;
    return bareLineEnd.test(fresh) ? malformed('line ends must be CR LF') : undefined;
  }

  #tooLarge(buffer: Buffer, most: number): HeadFailure {
    const line = buffer.indexOf(10);
    if (line < 0 || line > most)
      return { code: 'request.target-too-long', detail: `at most ${most} bytes of head` };
    return { code: 'request.head-too-large', detail: `at most ${most} bytes of head` };
  }
}

function malformed(detail: string): HeadFailure {
  return { code: 'request.malformed', detail };
}
