/**
 * What the peer may send on a connection: credited as its streams' consumers read. When too much is parked for consumers
 * that do not read, streams' windows shrink and the connection's is credited at once: the slow ones can then hold no more
 * than they do, and the others go on.
 */
import { defaultWindow, leastFrameBytes } from './frames.ts';

/** Parked bytes of all connections of the process beyond which every connection shrinks its windows. */
const mostParkedBytes = 128 * 1024 * 1024;
/** Between two changes of mind: a peer may count our SETTINGS. */
const changeMs = 1000;
/** A stream's window while the connection is under pressure. */
const pressedWindow = leastFrameBytes;

let parkedEverywhere = 0;

export interface WindowOwner {
  /** Says so to the peer, and calls `streamWindowAcknowledged` when it has. */
  announceStreamWindow(bytes: number): void;
  /** Gives the peer credit on the connection. */
  creditConnection(bytes: number): void;
}

export class ReceiveWindow {
  /** Bytes the peer may still send. */
  left = defaultWindow;
  readonly streamWindow: number;
  readonly #owner: WindowOwner;
  readonly #connectionWindow: number;
  #creditable = 0;
  #parked = 0;
  /** Parked bytes that were credited already. */
  #precredited = 0;
  /** Streams' windows are to shrink; and the peer has said that they did. */
  #pressing = false;
  #pressed = false;
  #changedAt = Number.NEGATIVE_INFINITY;

  constructor(owner: WindowOwner, streamWindow: number, connectionWindow: number) {
    this.#owner = owner;
    this.streamWindow = streamWindow;
    this.#connectionWindow = connectionWindow;
  }

  /** Bytes held for consumers that do not read. */
  get parked(): number {
    return this.#parked;
  }

  /** The peer's first credit beyond what every connection begins with. */
  open(): void {
    const more = this.#connectionWindow - defaultWindow;
    if (more > 0) this.#give(more);
  }

  /** How much of a stream is consumed before its credit goes back. */
  get creditThreshold(): number {
    return (this.#pressing ? pressedWindow : this.streamWindow) >> 1;
  }

  /** `bytes` were taken as they came. */
  consumed(bytes: number): void {
    this.#creditable += bytes;
    if (this.#creditable >= this.#connectionWindow >> 2) this.#giveAll();
  }

  park(bytes: number, now: number): void {
    this.#parked += bytes;
    parkedEverywhere += bytes;
    if (this.#pressed) {
      this.#precredited += bytes;
      this.consumed(bytes);
    } else this.reconsider(now);
  }

  unpark(bytes: number, now: number): void {
    this.#parked -= bytes;
    parkedEverywhere -= bytes;
    const before = Math.min(bytes, this.#precredited);
    this.#precredited -= before;
    if (bytes > before) this.consumed(bytes - before);
    if (this.#pressing) this.reconsider(now);
  }

  /** Shrinks or widens the streams' windows when it is time to. */
  reconsider(now: number): void {
    if (now - this.#changedAt < changeMs) return;
    const much = parkedEverywhere > mostParkedBytes;
    if (this.#pressing) {
      if (!much && this.#parked < this.#connectionWindow >> 3) this.#relax(now);
    } else if (this.#parked > this.#connectionWindow >> 1 || (much && this.#parked > 0)) this.#press(now);
  }

  #press(now: number): void {
    this.#changedAt = now;
    this.#pressing = true;
    this.#owner.announceStreamWindow(pressedWindow);
  }

  /** The peer keeps to the streams' windows announced last: only now it is safe to credit what is still parked. */
  acknowledged(): void {
    if (!this.#pressing || this.#pressed) return;
    this.#pressed = true;
    this.#creditable += this.#parked - this.#precredited;
    this.#precredited = this.#parked;
    this.#giveAll();
  }

  #relax(now: number): void {
    this.#changedAt = now;
    this.#pressing = false;
    this.#pressed = false;
    this.#owner.announceStreamWindow(this.streamWindow);
  }

  #giveAll(): void {
    const bytes = this.#creditable;
    this.#creditable = 0;
    if (bytes > 0) this.#give(bytes);
  }

  #give(bytes: number): void {
    this.left += bytes;
    this.#owner.creditConnection(bytes);
  }
}
