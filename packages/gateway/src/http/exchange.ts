/**
 * One request and its response between a codec (which owns the wire) and the request path (which owns the decision).
 * HTTP/1.1 and HTTP/2 implement it, the one with a connection, the other with a stream.
 */
import type { AccessRecord } from '../access-log/access-record.ts';
import type { GatewayErrorCode } from './errors.ts';
import type { ForwardingRules } from './forwarded.ts';
import type { Headers } from './headers.ts';
import type { RequestHead, ResponseHead } from './message.ts';
import type { PeerCertificate } from './peer-certificate.ts';

/** Body length not known before its end. */
export const UNKNOWN_LENGTH = -1;

/** Where the codec pushes the request body. */
export interface BodySink {
  /** False asks the codec to stop until `readBody`. The chunk is valid only until this returns: who keeps it copies it. */
  bodyData(chunk: Buffer): boolean;
  bodyEnd(trailers: Headers | undefined): void;
  /** All that one turn of the event loop had to say has been said: send on what was held back. */
  turnEnd(): void;
}

/** The request path's side of an exchange, told what the client does. */
export interface ExchangeListener extends BodySink {
  /** The client left, stalled or sent nonsense: stop everything. The codec has already dealt with the client. */
  clientGone(code: GatewayErrorCode): void;
  /** Response bytes that were held back have left; send more. */
  responseDrained(): void;
}

/** Facts of the connection a request came over, made once a connection. */
export interface ConnectionFacts {
  readonly entryPoint: string;
  /** Address of the socket's peer, IPv4-mapped written as IPv4. */
  readonly peerAddress: string;
  readonly peerPort: number;
  /** Where the client connected to: this end of the socket, or what a PROXY header says. */
  readonly localAddress: string;
  readonly localPort: number;
  readonly secure: boolean;
  /** SPIFFE ID of the peer on uplink entrypoints, '' elsewhere. */
  readonly peerUri: string;
  /** The peer may use this entrypoint (always true on public ones). */
  readonly peerAllowed: boolean;
  /** When the peer's certificate expires, wall-clock milliseconds; Infinity without one. */
  readonly peerNotAfter: number;
  /** The peer's forwarded headers are believed. */
  readonly trusted: boolean;
  /** Whether those of a proxy at this address would be; undefined: of no other than the peer. */
  readonly trusts?: ((address: string) => boolean) | undefined;
  /** How forwarded fields are written; undefined: as they are without configuration. */
  readonly forwarding?: ForwardingRules | undefined;
  /** Paths keep their empty segments (`sanitizePath: false`). Default: false. */
  readonly keepsEmptySegments?: boolean;
  /** Server name the client asked for in its TLS handshake, lower-case without trailing dot; '' for none. */
  readonly serverName: string;
  /** Name of the TLS options the connection was made with, as in `Model.tlsOptions`; '' without TLS. */
  readonly tlsOptions: string;
  /**
   * The certificate the client showed in its TLS handshake; undefined when it showed none or the connection is gone.
   * Read at the first call and remembered. Under `clientAuthType` `RequestClientCert` and `RequireAnyClientCert` nobody
   * has verified it: a middleware may pass it on, never trust it.
   */
  peerCertificate(): PeerCertificate | undefined;
}

/** Who hears of an exchange's answer and of its end: the middlewares that the request has passed. */
export interface ResponseHook {
  /** The head of the one final response, a refusal's too, before it leaves; to be changed in place. Never a 1xx but 101. */
  response(head: ResponseHead): void;
  /** Once, when the exchange is over: with the status sent, or 499 when the client left before there was one. */
  finished(status: number): void;
}

/** How a refusal differs from the plain problem document of its code. */
export interface RefusalForm {
  /** In place of the code's own status. */
  readonly status?: number | undefined;
  /** Added to the answer. */
  readonly headers?: Headers | undefined;
  /** The exchange to answer through: a filter in front of this one. */
  readonly through?: Exchange | undefined;
}

/** The codec's side of an exchange. Calls after the end of the exchange are ignored. */
export interface Exchange {
  /** Set by the request path; belongs to this request alone. */
  hook: ResponseHook | undefined;
  readonly request: RequestHead;
  readonly facts: ConnectionFacts;
  /** Request body: 0 none, a length, or UNKNOWN_LENGTH. */
  readonly bodyLength: number;
  /** Lower-cased `Upgrade` protocol this request may switch to, '' for none. */
  readonly upgrade: string;
  /** What the access log remembers of this request; undefined while the log is off. */
  readonly trace: AccessRecord | undefined;
  /** Who hears of the client from now on. */
  listen(listener: ExchangeListener): void;
  /** Starts the flow of the request body into the listener, or lets it go on. */
  readBody(): void;

  /** Sends an interim response (1xx). */
  inform(head: ResponseHead): void;
  /** Sends the head. `length`: body bytes, or UNKNOWN_LENGTH. The bytes may wait for `flush`. */
  respond(head: ResponseHead, length: number): void;
  /** Takes a copy of `chunk`. False asks the caller to stop until `responseDrained`. */
  write(chunk: Buffer): boolean;
  end(trailers: Headers | undefined): void;
  /** Everything held back since the last flush leaves now, in one write. */
  flush(): void;
  /** The response can't be finished: break the connection or stream so that the client cannot take it for whole. */
  breakOff(): void;
  /** Answers with a problem document made from `code`, or breaks off when a head was already sent. */
  refuse(code: GatewayErrorCode, detail: string, form?: RefusalForm): void;
  /** Answers 101 and hands the raw connection over; undefined when it is gone. */
  switchProtocols(head: ResponseHead): RawConnection | undefined;
}

/** A byte stream after an upgrade, whatever carries it. Nothing comes before `start`. */
export interface RawConnection {
  start(listener: RawListener): void;
  /** The chunk is the connection's to keep. False: stop until `rawDrained`. */
  write(chunk: Buffer): boolean;
  /** No more from this side. */
  end(): void;
  destroy(): void;
  pause(): void;
  resume(): void;
}

/** Who hears of a byte stream. */
export interface RawListener {
  /** The chunk is the listener's to keep. */
  rawData(chunk: Buffer): void;
  rawDrained(): void;
  rawEnd(): void;
  /** Cut, or ended on both sides. May be told more than once. */
  rawGone(): void;
}
