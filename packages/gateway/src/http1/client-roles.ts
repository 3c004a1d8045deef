/** Who a client connection works with: the request's listener and the pool that owns it. */
import type { Socket } from 'node:net';
import type { GatewayErrorCode } from '../http/errors.ts';
import type { RawConnection } from '../http/exchange.ts';
import type { Headers } from '../http/headers.ts';
import type { ResponseHead } from '../http/message.ts';
import type { Deadlines } from '../net/deadlines.ts';
import type { ClientConnection } from './client-connection.ts';

/** Who asked, and hears what comes back. */
export interface ResponseListener {
  responseInform(head: ResponseHead): void;
  /** `length`: body bytes or UNKNOWN_LENGTH. */
  responseHead(head: ResponseHead, length: number): void;
  /** False asks to stop until `resume`. The chunk is valid only until this returns. */
  responseData(chunk: Buffer): boolean;
  responseEnd(trailers: Headers | undefined): void;
  /** All that came in this turn was delivered. */
  responseTurnEnd(): void;
  responseSwitched(head: ResponseHead, raw: RawConnection): void;
  /** No response, or no whole one. `answered`: some byte of a response had come. */
  requestFailed(code: GatewayErrorCode, detail: string, answered: boolean): void;
  requestDrained(): void;
  /** This request is on `endpoint` and may be sent again elsewhere. */
  movable(endpoint: object): boolean;
}

/** The pool a connection belongs to. */
export interface ConnectionOwner {
  readonly deadlines: Deadlines;
  readonly idleTimeoutMs: number;
  /** The connection is whole again and may serve the next request. */
  connectionIdle(connection: ClientConnection): void;
  connectionGone(connection: ClientConnection): void;
  /** The connection became a tunnel over `socket`. */
  connectionSwitched(connection: ClientConnection, socket: Socket): void;
}
