/** The HTTP/2 connections of one pool, and who waits for room on them: one connection, more only when it is crowded. */
import type { ClientRequest } from '../http/client-request.ts';
import type { GatewayErrorCode } from '../http/errors.ts';
import type { Http2ClientConnection } from '../http2/client-connection.ts';
import { ClientStream } from '../http2/client-stream.ts';
import type { Deadlines, Timed } from '../net/deadlines.ts';

/** Who waits for a place on a connection. */
export interface DialListener {
  dialed(request: ClientRequest): void;
  dialFailed(code: GatewayErrorCode, detail: string): void;
}

/** Connections to one address that take requests; beyond that requests wait for one to be done. */
const mostConnections = 64;
const growAgainMs = 1000;

export class Multiplexed implements Timed {
  /** Every connection that is not over. */
  readonly all = new Set<Http2ClientConnection>();
  readonly #deadlines: Deadlines;
  /** Starts a dial for whoever waits. */
  readonly #dial: () => void;
  readonly #outlived: (connection: Http2ClientConnection) => boolean;
  /** Those that take new requests. */
  #ready: Http2ClientConnection[] = [];
  #waiting: Waiter[] = [];
  /** A dial is on its way, or a connection that has not said its SETTINGS. */
  dialing = false;
  deadline = Number.POSITIVE_INFINITY;
  /** No other connection is tried before this time, as long as there is one. */
  #growAt = Number.NEGATIVE_INFINITY;

  constructor(
    deadlines: Deadlines,
    dial: () => void,
    outlived: (connection: Http2ClientConnection) => boolean,
  ) {
    this.#deadlines = deadlines;
    this.#dial = dial;
    this.#outlived = outlived;
  }

  /** A place on a connection that is open, or undefined: wait for one. */
  take(): ClientStream | undefined {
    const connection = this.pick();
    return connection === undefined ? undefined : new ClientStream(connection);
  }

  /** The connection the next request goes to. */
  pick(): Http2ClientConnection | undefined {
    for (const connection of this.#ready) {
      // Retiring takes it out of the list that is walked here: look again from the start.
      if (this.#outlived(connection)) {
        connection.retire();
        return this.pick();
      }
      if (!connection.crowded && connection.room >= 1) return connection;
    }
    for (const connection of this.#ready) {
      if (connection.room < 1) continue;
      this.grow();
      return connection;
    }
    return undefined;
  }

  /** The request waits until there is a connection, or room on one; the returned function gives up. */
  wait(listener: DialListener, timeoutMs: number): () => void {
    const waiter = new Waiter(listener, this.#deadlines, timeoutMs);
    this.#waiting.push(waiter);
    this.grow();
    return () => waiter.leave();
  }

  /** One more connection, unless one is coming. */
  grow(): void {
    if (this.dialing || this.#ready.length >= mostConnections) return;
    if (this.#deadlines.now < this.#growAt && this.#ready.length > 0) return;
    // An endpoint that lets nothing in on a connection without streams would not on another either.
    if (this.#ready.some((connection) => connection.streams.size === 0 && connection.room < 1)) return;
    this.dialing = true;
    this.#dial();
  }

  /** `connection` takes requests from now on. */
  ready(connection: Http2ClientConnection): void {
    this.dialing = false;
    this.#ready = [...this.#ready, connection];
    this.serve();
  }

  /** It takes no more. */
  leaving(connection: Http2ClientConnection): void {
    this.#ready = this.#ready.filter((other) => other !== connection);
    this.serve();
  }

  /** Lets those who wait go on, as far as there is room. */
  serve(): void {
    while (this.#waiting.length > 0) {
      const first = this.#waiting[0] as Waiter;
      if (first.gone) {
        this.#waiting.shift();
        continue;
      }
      const stream = this.take();
      if (stream === undefined) {
        this.grow();
        return;
      }
      this.#waiting.shift();
      first.leave();
      first.listener.dialed(stream);
    }
  }

  /** One more connection could not be had. True when there are others: whoever waits goes on waiting for room on those. */
  growthFailed(): boolean {
    this.dialing = false;
    this.#growAt = this.#deadlines.now + growAgainMs;
    if (this.#ready.length === 0) return false;
    this.deadline = this.#growAt;
    this.#deadlines.add(this);
    return true;
  }

  /** Time to try for another connection again, if somebody still waits. */
  expired(): void {
    this.#deadlines.delete(this);
    this.serve();
  }

  /** Everybody who waits: there will be no HTTP/2 connection, for whatever reason. */
  drainWaiting(): DialListener[] {
    this.dialing = false;
    const waiting = this.#waiting.filter((waiter) => !waiter.gone);
    this.#waiting = [];
    for (const waiter of waiting) waiter.leave();
    return waiting.map((waiter) => waiter.listener);
  }
}

class Waiter implements Timed {
  deadline: number;
  gone = false;
  readonly listener: DialListener;
  readonly #deadlines: Deadlines;

  constructor(listener: DialListener, deadlines: Deadlines, timeoutMs: number) {
    this.listener = listener;
    this.#deadlines = deadlines;
    this.deadline = timeoutMs > 0 ? deadlines.now + timeoutMs : Number.POSITIVE_INFINITY;
    deadlines.add(this);
  }

  leave(): void {
    this.gone = true;
    this.#deadlines.delete(this);
  }

  expired(): void {
    this.leave();
    this.listener.dialFailed('endpoint.dial-timeout', 'no connection had room in time');
  }
}
