/** Who owns a client connection. */
import type { Socket } from 'node:net';
import type { Deadlines } from '../net/deadlines.ts';
import type { ClientConnection } from './client-connection.ts';

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
