/** What a server connection is given by the entrypoint that accepted it, and what that needs of it. */
import type { AccessRecord } from '../access-log/access-record.ts';
import type { KeepAliveModel } from '../model/entry-point-rules.ts';
import type { ConnectionLimits } from '../model/model.ts';
import type { Deadlines } from '../net/deadlines.ts';
import type { Incoming } from '../net/reads.ts';
import type { GatewayErrorCode } from './errors.ts';
import type { ConnectionFacts, Exchange } from './exchange.ts';

/** The version a request came in, as the access log writes it. */
export type Protocol = 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2.0';

/** An exchange as its entrypoint sees it. */
export interface ServedExchange extends Exchange {
  /** Status sent, 0 before. */
  readonly status: number;
  /** What a refusal means whose status does not say it, as of a gRPC call; undefined for others. */
  readonly meant?: number | undefined;
  trace: AccessRecord | undefined;
}

/** A client's connection as its entrypoint sees it, whatever it speaks. */
export interface ServedConnection {
  readonly facts: ConnectionFacts;
  /** Requests and tunnels that would be cut if it were closed now. */
  readonly inFlight: number;
  /** Between requests for `ms` or longer: may be closed without cutting anything, nor a request that is on its way. */
  idleFor(ms: number): boolean;
  /** Asks the client to go elsewhere with its next request; those in flight finish. */
  retire(): void;
  /** Closes an idle connection in order. */
  close(): void;
  /** Ends it now, whatever is in flight, for the reason that the access log gives. */
  cut(code: GatewayErrorCode): void;
}

/** One object for all connections of an entrypoint. */
export interface ServerSettings {
  readonly limits: ConnectionLimits;
  /** Undefined: connections live for as long as their clients like. */
  readonly keepAlive: KeepAliveModel | undefined;
  readonly deadlines: Deadlines;
  /** True once the gateway is going away: every response says so. */
  readonly draining: boolean;
  /** A request's head is complete and valid. */
  handle(exchange: Exchange): void;
  /** A request began; `finished` follows exactly once. */
  started(exchange: ServedExchange, protocol: Protocol): void;
  /** Its response was sent, or it was cut (`status` 0 when nothing was sent). */
  finished(exchange: ServedExchange): void;
  /** For counters and the log. */
  refused(code: GatewayErrorCode, detail: string, exchange: ServedExchange): void;
  /** A connection is ended through its client's fault. */
  misbehaved(code: GatewayErrorCode, detail: string, facts: ConnectionFacts): void;
  /** A client speaks HTTP/2 without having asked, and `connection` is no longer its: `read` is what it has said. */
  speaksHttp2(connection: ServedConnection, incoming: Incoming, read: Buffer): void;
  closed(connection: ServedConnection): void;
}
