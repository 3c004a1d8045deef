/** What a listener needs of the engine. */
import type { AccessLog } from '../access-log/access-log.ts';
import type { GatewayErrorCode } from '../http/errors.ts';
import type { ConnectionFacts, Exchange } from '../http/exchange.ts';
import type { ServedExchange } from '../http/server-settings.ts';
import type { Deadlines } from '../net/deadlines.ts';
import type { EntryPointCounters } from '../runtime/counters.ts';

/** What the engine gives every listener. */
export interface ListenerHost {
  readonly deadlines: Deadlines;
  readonly draining: boolean;
  readonly counters: EntryPointCounters;
  readonly accessLog: AccessLog | undefined;
  handle(exchange: Exchange): void;
  finished(exchange: ServedExchange): void;
  refused(code: GatewayErrorCode, detail: string, facts: ConnectionFacts): void;
  /** A connection or handshake failed before there was a request. */
  handshakeFailed(entryPoint: string, code: string, detail: string): void;
}
