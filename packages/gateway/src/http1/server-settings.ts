/** What a server connection is given by the entrypoint that accepted it. One object for all its connections. */
import type { GatewayErrorCode } from '../http/errors.ts';
import type { Exchange } from '../http/exchange.ts';
import type { ConnectionLimits } from '../model/model.ts';
import type { Deadlines } from '../net/deadlines.ts';
import type { ServerConnection } from './server-connection.ts';

export interface ServerSettings {
  readonly limits: ConnectionLimits;
  readonly deadlines: Deadlines;
  /** True once the gateway is going away: every response says `Connection: close`. */
  readonly draining: boolean;
  /** A request's head is complete and valid. */
  handle(exchange: Exchange): void;
  /** A request began (`http11` false: in HTTP/1.0); `finished` follows exactly once. */
  started(connection: ServerConnection, http11: boolean): void;
  /** Its response was sent, or it was cut (`status` 0 when nothing was sent). */
  finished(connection: ServerConnection): void;
  /** For counters and the log. */
  refused(code: GatewayErrorCode, detail: string, connection: ServerConnection): void;
  closed(connection: ServerConnection): void;
}
