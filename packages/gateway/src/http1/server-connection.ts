/** The server side of one HTTP/1.1 connection: reads requests one after the other, answers them in order. */
import { errorKind, type GatewayErrorCode } from '../http/errors.ts';
import type { ConnectionFacts, RawConnection, RefusalForm } from '../http/exchange.ts';
import type { Headers } from '../http/headers.ts';
import type { ResponseHead } from '../http/message.ts';
import { answerProblem } from '../http/respond.ts';
import type { ServedConnection, ServedExchange, ServerSettings } from '../http/server-settings.ts';
import type { Incoming } from '../net/reads.ts';
import { ExchangeState } from './exchange-state.ts';
import { Output } from './output.ts';
import { RawSocket } from './raw-socket.ts';
import { type BodyOwner, RequestBody } from './request-body.ts';
import { type ReadRequest, RequestReader, unreadable } from './request-reader.ts';
import { ResponseWriter } from './response-writer.ts';
import { ServerClock } from './server-clock.ts';

/** What a client may send ahead of its turn before its socket is paused. */
const aheadLimit = 65536;

type State = 'head' | 'exchange' | 'tunnel' | 'lingering' | 'closed';

export class ServerConnection extends ExchangeState implements ServedExchange, ServedConnection, BodyOwner {
  readonly facts: ConnectionFacts;
  readonly #incoming: Incoming;
  readonly #settings: ServerSettings;
  readonly #writer: ResponseWriter;
  readonly #reader: RequestReader;
  #state: State = 'head';
  readonly #body: RequestBody;
  readonly #clock: ServerClock;
  #advancing = false;
  #keepAlive = true;
  #ended = false;

  constructor(incoming: Incoming, facts: ConnectionFacts, settings: ServerSettings) {
    super();
    const { socket } = incoming;
    this.#incoming = incoming;
    this.facts = facts;
    this.#settings = settings;
    this.#writer = new ResponseWriter(new Output(socket));
    this.#reader = new RequestReader(settings.limits);
    this.#body = new RequestBody(this, settings.limits.maxRequestBodyBytes);
    this.#clock = new ServerClock(settings, () => this.#expired());
    incoming.onData((chunk) => this.#onData(chunk));
    for (const event of ['end', 'error']) socket.on(event, () => this.#left());
    socket.on('close', () => this.#closed());
    socket.on('drain', () => this.#drained());
  }

  idleFor(ms: number): boolean {
    return this.#state === 'head' && !this.#reader.pending && this.#clock.quietFor(ms);
  }

  get inFlight(): number {
    return this.#state === 'exchange' || this.#state === 'tunnel' ? 1 : 0;
  }

  retire(): void {
    this.#clock.retire();
  }

  cut(code: GatewayErrorCode): void {
    if (this.trace !== undefined) this.trace.errorCode = code;
    this.close();
  }

  close(): void {
    this.#incoming.socket.destroy();
  }

  #onData(chunk: Buffer): void {
    if (this.#state === 'lingering') {
      if (this.#clock.lingered(chunk.length)) this.#incoming.socket.destroy();
    } else if (this.#state === 'head' || this.#state === 'exchange') {
      this.#reader.push(chunk);
      this.#advance();
      if (this.#incoming.volatile) this.#reader.own();
    }
  }

  /** Takes whatever the buffer has, as far as the exchange in progress lets it. Never re-enters itself. */
  #advance(): void {
    if (this.#advancing) return;
    this.#advancing = true;
    while (this.#reader.pending) {
      if (this.#state === 'head') {
        // Answers that nobody reads must not pile up: the next request waits until they have left.
        if (this.#incoming.socket.writableNeedDrain) {
          this.#incoming.pause();
          this.#clock.idle();
          break;
        }
        if (!this.#readHead()) break;
      } else if (this.#state === 'exchange' && !this.#body.whole && this.#body.flowing) {
        this.#body.feed(this.#reader);
        this.#awaitBody();
      } else break;
    }
    this.#advancing = false;
    if (this.#state === 'exchange' && this.#reader.size > aheadLimit) this.#incoming.pause();
  }

  /** Starts the next exchange; false while its head is incomplete. */
  #readHead(): boolean {
    const result = this.#reader.readHead(this.facts);
    if (result === undefined) {
      if (this.#reader.pending) this.#clock.headBegun();
      return false;
    }
    if ('code' in result) {
      if (this.#speaksOther()) return false;
      this.#begin(unreadable);
      this.refuse(result.code, result.detail);
      return false;
    }
    this.#begin(result);
    if (!this.#body.whole) this.#clock.requestBegun();
    this.#settings.handle(this);
    return true;
  }

  /** The first thing this client says is not HTTP/1.1: true when it was dealt with. */
  #speaksOther(): boolean {
    const spoken = this.#writer.used ? 'http1' : this.#reader.spoken;
    if (spoken === 'http1' || (spoken === 'http2' && this.facts.secure)) return false;
    this.#state = 'closed';
    if (spoken === 'http2') {
      this.#clock.close();
      this.#incoming.detach();
      this.#settings.speaksHttp2(this, this.#incoming, Buffer.from(this.#reader.take() as Buffer));
    } else {
      this.#settings.misbehaved('request.malformed', 'the first line is not HTTP', this.facts);
      this.close();
    }
    return true;
  }

  #begin(read: ReadRequest): void {
    this.takeRequest(read);
    this.#keepAlive = !this.#clock.worn() && read.keepAlive && !this.#settings.draining;
    this.#body.begin(read.bodyLength);
    this.#state = 'exchange';
    this.#ended = false;
    this.#clock.stop();
    this.#writer.begin(read.request.method, read.streams);
    this.#settings.started(this, read.streams ? 'HTTP/1.1' : 'HTTP/1.0');
  }

  readBody(): void {
    if (this.#body.whole || this.#body.flowing) return;
    this.#body.flowing = true;
    this.#awaitBody();
    this.#incoming.resume();
    if (this.#reader.pending) this.#advance();
  }

  inform(head: ResponseHead): void {
    if (this.#state === 'exchange' && this.status === 0) this.#writer.inform(head);
  }

  respond(head: ResponseHead, length: number): void {
    if (this.#state !== 'exchange' || this.status !== 0) return;
    if (this.hook !== undefined) this.hook.response(head);
    this.status = head.status;
    // Unread body bytes would be taken for the next request, and so would what a refused upgrade left behind (RFC 9931).
    const keepAlive = this.#keepAlive && this.#body.whole && this.upgrade === '' && !this.#settings.draining;
    this.#keepAlive = this.#writer.head(head, length, keepAlive);
    this.#clock.responseBegun();
  }

  write(chunk: Buffer): boolean {
    if (this.trace !== undefined) this.trace.bytes += chunk.length;
    return this.#state !== 'exchange' || this.#writer.write(chunk);
  }

  end(trailers: Headers | undefined): void {
    if (this.#state !== 'exchange' || this.#ended) return;
    this.#writer.end(trailers);
    this.#ended = true;
    this.listener = undefined;
    this.#settings.finished(this);
    this.#finish();
  }

  flush(): void {
    if (!this.#writer.flush()) this.#clock.responseHeld();
  }

  breakOff(): void {
    if (this.#state !== 'exchange') return;
    this.#abandon();
    // A reset, where TCP allows it: after a plain FIN a close-delimited body would look whole.
    if (this.facts.secure) this.#incoming.socket.destroy();
    else this.#incoming.socket.resetAndDestroy();
  }

  refuse(code: GatewayErrorCode, detail: string, form?: RefusalForm): void {
    if (this.#state !== 'exchange') return;
    this.#settings.refused(code, detail, this);
    if (this.status !== 0) {
      this.breakOff();
      return;
    }
    if (errorKind(code).side === 'client') this.#keepAlive = false;
    answerProblem(form?.through ?? this, code, detail, form);
  }

  switchProtocols(head: ResponseHead): RawConnection | undefined {
    if (this.#state !== 'exchange' || this.#incoming.socket.destroyed) return undefined;
    if (this.hook !== undefined) this.hook.response(head);
    this.status = 101;
    this.#writer.switched(head, this.upgrade);
    this.#state = 'tunnel';
    this.#clock.stop();
    this.listener = undefined;
    this.#settings.finished(this);
    this.#incoming.resume();
    return new RawSocket(this.#incoming.socket, this.#reader.take(), (to) => this.#incoming.handOver(to));
  }

  /** The client is at fault in the middle of a request: stop the exchange, answer if there is still a chance. */
  bodyFailed(code: GatewayErrorCode, detail: string): void {
    const listener = this.listener;
    this.listener = undefined;
    this.#body.flowing = false;
    listener?.clientGone(code);
    this.refuse(code, detail);
  }

  /** The response is out: on to the next request, or an end that does not cut off the response. */
  #finish(): void {
    if (this.#keepAlive && this.#body.whole) {
      this.#state = 'head';
      this.#clock.idle();
      this.#incoming.resume();
      if (this.#reader.pending) this.#advance();
      return;
    }
    this.#state = 'lingering';
    this.#body.drop();
    this.#incoming.socket.end();
    this.#incoming.resume();
    this.#clock.linger();
  }

  #abandon(): void {
    const listener = this.listener;
    this.listener = undefined;
    this.#state = 'closed';
    if (!this.#ended) {
      this.#ended = true;
      if (this.trace !== undefined) this.trace.errorCode ||= 'client.gone';
      this.#settings.finished(this);
    }
    listener?.clientGone('client.gone');
  }

  #left(): void {
    if (this.#state === 'tunnel') return;
    if (this.#state === 'exchange') this.#abandon();
    if (this.#state !== 'lingering') this.#incoming.socket.destroy();
  }

  #closed(): void {
    if (this.#state === 'exchange') this.#abandon();
    this.#state = 'closed';
    this.#clock.close();
    this.#settings.closed(this);
  }

  #drained(): void {
    if (this.#state === 'head') {
      this.#incoming.resume();
      this.#advance();
    }
    if (this.#state !== 'exchange') return;
    this.#clock.responseMoves();
    this.listener?.responseDrained();
  }

  #expired(): void {
    if (this.#state === 'head' && this.#reader.pending) {
      this.#begin(unreadable);
      this.refuse('request.head-timeout', '');
    } else if (this.#state !== 'exchange') this.#incoming.socket.destroy();
    else if (this.status === 0 && !this.#body.whole) this.bodyFailed('request.body-timeout', '');
    else this.breakOff();
  }

  /** The next piece must come in time, unless it is we who make the client wait. */
  #awaitBody(): void {
    if (this.#state === 'exchange') this.#clock.awaitBody(this.#body.flowing && !this.#body.whole);
  }

  bodyPaused(): void {
    this.#clock.bodyRests();
    this.#incoming.pause();
  }
}
