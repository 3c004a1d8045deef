/** One question of the control plane, asked over the connections that carry requests to the same address. */
import type { ClientRequest, Destination, RequestFate, ResponseListener } from '../http/client-request.ts';
import type { GatewayErrorCode } from '../http/errors.ts';
import { addHeader, type Headers, stride } from '../http/headers.ts';
import type { RequestHead, ResponseHead } from '../http/message.ts';
import type { Deadlines, Timed } from '../net/deadlines.ts';
import type { DialListener } from '../service/multiplexed.ts';
import { peerCertificate } from '../service/peer-certificate.ts';
import type { Pool } from '../service/pool.ts';
import type { Registry } from '../service/registry.ts';
import type { AnswerHead, AnswerListener, UplinkQuestion } from './data-plane.ts';

const never = Number.POSITIVE_INFINITY;
/** An answer is not moved sooner than this, so that a peer that says goodbye on every connection doesn't make it spin. */
const settledMs = 1000;

export class Asked implements DialListener, ResponseListener, Timed {
  deadline = never;
  readonly #registry: Registry;
  readonly #deadlines: Deadlines;
  readonly #question: UplinkQuestion;
  readonly #listener: AnswerListener;
  #pool: Pool | undefined;
  #cancelDial: (() => void) | undefined;
  #request: ClientRequest | undefined;
  #paused = false;
  #done = false;

  constructor(
    engine: { readonly registry: Registry; readonly deadlines: Deadlines },
    question: UplinkQuestion,
    listener: AnswerListener,
  ) {
    this.#registry = engine.registry;
    this.#deadlines = engine.deadlines;
    this.#question = question;
    this.#listener = listener;
    engine.deadlines.add(this);
    try {
      this.#ask();
    } catch (error) {
      // A certificate that doesn't load: told like a failed handshake.
      queueMicrotask(() => this.dialFailed('endpoint.tls', (error as Error).message));
    }
  }

  #ask(): void {
    const { transport, host, port, fresh } = this.#question;
    const pool = this.#registry.lend(transport, { scheme: 'https', host, port });
    this.#pool = pool;
    // A dial on its way is as fresh as one that begins now.
    if (fresh && pool.connections > 0) pool.transport.outdate();
    const request = pool.take(true);
    if (request === undefined) this.#cancelDial = pool.dial(this);
    else this.#send(request);
  }

  /** No more data until `resume`. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#request?.resume();
  }

  /** Ends it, telling nobody. */
  close(): void {
    this.#finish();
  }

  dialed(request: ClientRequest): void {
    this.#cancelDial = undefined;
    if (this.#done) request.destroy();
    else this.#send(request);
  }

  dialFailed(code: GatewayErrorCode, detail: string): void {
    this.#cancelDial = undefined;
    if (this.#finish()) this.#listener.failed(code, detail);
  }

  #send(request: ClientRequest): void {
    this.#request = request;
    const { transport, host, port } = this.#question;
    const destination: Destination = {
      model: { scheme: 'https', host, port, path: '', preservePath: false },
      owner: { passHostHeader: false, ownFields: '', ownHeaders: [], ownNames: undefined },
    };
    request.start(this, this.#head(), destination, 0, '', transport.responseHeaderTimeoutMs);
    request.flush();
  }

  #head(): RequestHead {
    const { path, query, headers } = this.#question;
    const fields: Headers = [];
    for (const [name, value] of headers) addHeader(fields, name, value);
    return {
      method: 'GET',
      path,
      query,
      authority: '',
      host: '',
      headers: fields,
      clientAddress: '',
      secure: true,
    };
  }

  responseHead(head: ResponseHead, length: number): void {
    const carrier = this.#request?.carrier;
    const peer = carrier && peerCertificate(carrier.socket);
    if (peer === undefined) {
      if (this.#finish()) this.#listener.failed('endpoint.tls', 'the peer showed no certificate');
      return;
    }
    this.deadline = this.#deadlines.now + settledMs;
    this.#listener.head({
      status: head.status,
      headers: firstOfEach(head.headers),
      length: Math.max(length, -1),
      peer,
    });
  }

  responseData(chunk: Buffer): boolean {
    if (!this.#done) this.#listener.data(Buffer.from(chunk));
    return !this.#paused;
  }

  responseEnd(): void {
    const leaving = this.#hasLeft;
    // The connection may be somebody else's by now.
    this.#request = undefined;
    if (this.#finish()) this.#listener.end(leaving);
  }

  requestFailed(code: GatewayErrorCode, detail: string, fate: RequestFate): void {
    const reused = fate === 'unanswered' && this.#request !== undefined && this.#request.served > 0;
    this.#request = undefined;
    if (!this.#finish()) return;
    // A kept connection that ended just as it was taken says nothing about the peer.
    if (fate === 'unprocessed' || (reused && code === 'endpoint.closed')) this.#listener.moved();
    else this.#listener.failed(code, detail);
  }

  /** A few times a second once the head has come: a connection that is left by everybody is left by this too. */
  expired(): void {
    this.deadline = 0;
    if (this.#hasLeft && this.#finish()) this.#listener.moved();
  }

  get #hasLeft(): boolean {
    return this.#request !== undefined && this.#pool?.hasLeft(this.#request.carrier) === true;
  }

  /** False when it is over already. */
  #finish(): boolean {
    if (this.#done) return false;
    this.#done = true;
    this.#deadlines.delete(this);
    this.#cancelDial?.();
    this.#request?.destroy();
    this.#request = undefined;
    if (this.#pool !== undefined) this.#registry.giveBack(this.#pool);
    return true;
  }

  responseInform(): void {
    // An interim response is no answer.
  }

  responseTurnEnd(): void {
    // Nothing is held back.
  }

  responseSwitched(): void {
    // Nobody asks for it, and the codecs let nothing switch unasked.
  }

  requestDrained(): void {
    // A question has no body.
  }

  movable(): boolean {
    return false;
  }
}

function firstOfEach(headers: Headers): AnswerHead['headers'] {
  const record: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let i = 0; i < headers.length; i += stride) record[headers[i] as string] ??= headers[i + 1] as string;
  return record;
}
