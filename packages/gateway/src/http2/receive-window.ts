/**
 * What the peer may send on a connection: credited as its streams' consumers read. When too much is parked for consumers
 * that do not read, streams' windows shrink and the connection's is credited at once: the slow ones can then hold no more
 * than they do, and the others go on.
 */
import type { Http2Limits } from '../model/model.ts';
import type { Deadlines } from '../net/deadlines.ts';
import { writeSettingsFrame, writeWindowUpdate } from './control-frames.ts';
import type { FrameOutput } from './frame-output.ts';
import { defaultWindow, leastFrameBytes, settingIds } from './frames.ts';
import type { Http2Stream } from './stream.ts';

/** Parked bytes of all connections of the process beyond which every connection shrinks its windows. */
const mostParkedBytes = 128 * 1024 * 1024;
/** Nothing that was consumed waits longer for its credit. */
const creditMs = 1000;
/** Between two changes of mind: a peer may count our SETTINGS. */
const changeMs = 1000;
/** What a client's connection begins with: a thousand of them that send to endpoints that do not read hold 256 MiB. */
const strangersWindow = 262_144;
/** A stream's window while the connection is under pressure. */
const pressedWindow = leastFrameBytes;

let parkedEverywhere = 0;

export class ReceiveWindow {
  /** Bytes the peer may still send. */
  left = defaultWindow;
  /** What new streams may send us. */
  streamWindow: number;
  readonly #output: FrameOutput;
  readonly #deadlines: Deadlines;
  readonly #streams: ReadonlyMap<number, Http2Stream>;
  readonly #wideWindow: number;
  /** What the connection may come to, and what it is now: a stranger earns it by what its consumers take. */
  readonly #mostWindow: number;
  #connectionWindow: number;
  /** Streams' windows in SETTINGS that the peer has not acknowledged. */
  readonly #announced: number[] = [];
  #creditable = 0;
  #parked = 0;
  /** Parked bytes that were credited already. */
  #precredited = 0;
  /** Streams' windows are to shrink; and the peer has said that they did. */
  #pressing = false;
  #pressed = false;
  #changedAt = Number.NEGATIVE_INFINITY;
  #creditedAt = Number.NEGATIVE_INFINITY;

  /** `trusted`: the peer is one of few, and what it sends is what we asked for. */
  constructor(
    output: FrameOutput,
    streams: ReadonlyMap<number, Http2Stream>,
    limits: Http2Limits,
    deadlines: Deadlines,
    trusted: boolean,
  ) {
    this.#output = output;
    this.#deadlines = deadlines;
    this.#streams = streams;
    this.#wideWindow = limits.streamWindowBytes;
    this.#mostWindow = limits.connectionWindowBytes;
    this.#connectionWindow = trusted ? this.#mostWindow : Math.min(this.#mostWindow, strangersWindow);
    this.streamWindow = limits.streamWindowBytes;
  }

  /** Says our SETTINGS, streams' window among them, and the credit beyond what every connection begins with. */
  open(settings: readonly (readonly [id: number, value: number])[]): void {
    this.#announced.push(this.#wideWindow);
    writeSettingsFrame(this.#output, [[settingIds.initialWindowSize, this.#wideWindow], ...settings]);
    const more = this.#connectionWindow - defaultWindow;
    if (more > 0) this.#give(more);
  }

  /** The peer has acknowledged SETTINGS; true once it has all that we said. */
  acknowledged(): boolean {
    const bytes = this.#announced.shift();
    if (bytes === undefined || this.#announced.length > 0) return false;
    if (bytes !== this.streamWindow) this.#setStreamWindow(bytes);
    // The peer keeps to streams' windows announced last: only now it is safe to credit what is still parked.
    if (this.#pressing && !this.#pressed) {
      this.#pressed = true;
      this.#creditable += this.#parked - this.#precredited;
      this.#precredited = this.#parked;
      this.#giveAll();
    }
    return true;
  }

  #announce(bytes: number): void {
    this.#announced.push(bytes);
    writeSettingsFrame(this.#output, [[settingIds.initialWindowSize, bytes]]);
    // What is more generous may be used as soon as it is read; what is less only counts once the peer says so.
    if (bytes > this.streamWindow) this.#setStreamWindow(bytes);
  }

  #setStreamWindow(bytes: number): void {
    const more = bytes - this.streamWindow;
    this.streamWindow = bytes;
    for (const stream of this.#streams.values()) {
      stream.receiveWindow += more;
      // What it has consumed may be more than it has left now: it could never send again to earn its credit.
      if (more < 0) stream.giveCredit(bytes);
    }
  }

  /** How much of a stream is consumed before its credit goes back. */
  get creditThreshold(): number {
    return (this.#pressing ? pressedWindow : this.#wideWindow) >> 1;
  }

  /**
   * A frame that says next to nothing. A client whose answer was over before its request (curl 7) looks for it only when
   * something comes in after it has sent all.
   */
  nudge(): void {
    this.#give(1);
  }

  /**
   * A few times a second. A peer that may send no more than what this returns is given what little credit there is: slow is not
   * stalled. Once a second that is everybody, which tells a peer that sends through a slow link that we are alive.
   */
  tick(): number {
    this.reconsider();
    const now = this.#deadlines.now;
    const all = now - this.#creditedAt >= creditMs;
    if (all) this.#creditedAt = now;
    if (all || this.left <= this.#connectionWindow >> 1) this.#giveAll();
    return all ? Number.POSITIVE_INFINITY : this.creditThreshold;
  }

  /** Bytes of DATA, padding too; false when they are more than we allowed. */
  received(bytes: number): boolean {
    this.left -= bytes;
    return this.left >= 0;
  }

  /** `bytes` were taken as they came. */
  consumed(bytes: number): void {
    this.#creditable += bytes;
    if (this.#creditable < this.#connectionWindow >> 2) return;
    if (this.#connectionWindow < this.#mostWindow && parkedEverywhere < mostParkedBytes) {
      const more = Math.min(this.#connectionWindow, this.#mostWindow - this.#connectionWindow);
      this.#connectionWindow += more;
      this.#creditable += more;
    }
    this.#giveAll();
  }

  park(bytes: number): void {
    this.#parked += bytes;
    parkedEverywhere += bytes;
    if (this.#pressed) {
      this.#precredited += bytes;
      this.consumed(bytes);
    } else this.reconsider();
  }

  unpark(bytes: number): void {
    this.#parked -= bytes;
    parkedEverywhere -= bytes;
    const before = Math.min(bytes, this.#precredited);
    this.#precredited -= before;
    if (bytes > before) this.consumed(bytes - before);
    if (this.#pressing) this.reconsider();
  }

  /** Shrinks or widens the streams' windows when it is time to. */
  reconsider(): void {
    const now = this.#deadlines.now;
    if (now - this.#changedAt < changeMs) return;
    const much = parkedEverywhere > mostParkedBytes;
    if (this.#pressing) {
      if (!much && this.#parked < this.#connectionWindow >> 3) this.#relax(now);
    } else if (this.#parked > this.#connectionWindow >> 1 || (much && this.#parked > 0)) this.#press(now);
  }

  #press(now: number): void {
    this.#changedAt = now;
    this.#pressing = true;
    this.#announce(pressedWindow);
  }

  #relax(now: number): void {
    this.#changedAt = now;
    this.#pressing = false;
    this.#pressed = false;
    this.#announce(this.#wideWindow);
  }

  #giveAll(): void {
    const bytes = this.#creditable;
    this.#creditable = 0;
    if (bytes > 0) this.#give(bytes);
  }

  #give(bytes: number): void {
    this.left += bytes;
    writeWindowUpdate(this.#output, 0, bytes);
  }
}
