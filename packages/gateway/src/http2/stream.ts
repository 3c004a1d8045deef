/** One stream, both its halves: what waits to be sent within the peer's window, and what came and nobody took yet. */
import type { Headers } from '../http/headers.ts';
import type { Http2Connection } from './connection.ts';
import { writeEnd, writeWindowUpdate } from './control-frames.ts';
import { type ErrorCode, errorCodes } from './frames.ts';

export abstract class Http2Stream {
  /** 0 until it is opened. */
  id = 0;
  readonly connection: Http2Connection;
  /** Some of its data has left. */
  hasSent = false;
  /** What the peer lets us send. */
  sendWindow = 0;
  /** What we let the peer send. */
  receiveWindow = 0;
  /** We sent END_STREAM. */
  localEnded = false;
  /** The peer sent END_STREAM. */
  remoteEnded = false;
  /** Over, in whatever way: nothing is sent or delivered any more. */
  closed = false;
  /** When the peer last let us send, while something waits; monotonic milliseconds. */
  stalledSince = 0;
  /** Bytes the peer's content-length says, -1 without one; and those that came. */
  declared = -1;
  #arrived = 0;
  /** Its listener was told something this turn, and not yet that the turn is over. */
  touched = false;

  /** Data that the windows or the socket did not let through. */
  #queue: Buffer[] | undefined;
  #queueAt = 0;
  /** The listener was told to stop, and waits for `drained`. */
  #held = false;
  #ending = false;
  #trailers: Headers | undefined;

  /** Received and not taken: only while the listener has said stop. */
  #parked: Buffer[] | undefined;
  #flowing: boolean;
  #delivering = false;
  #consumed = 0;
  #endParked = false;
  #orphaned = false;
  #receivedTrailers: Headers | undefined;
  /** Where the head of our latest frame is, as long as `output.sent` is the same. */
  #lastFrameAt = -1;
  #lastSent = -1;

  constructor(connection: Http2Connection, flowing: boolean) {
    this.connection = connection;
    this.#flowing = flowing;
  }

  /** A piece of the peer's data, valid only now; false: stop until `resumeReceiving`. */
  protected abstract deliver(piece: Buffer): boolean;
  /** The peer's half is whole and everything of it was delivered. */
  protected abstract deliverEnd(trailers: Headers | undefined): void;
  /** What was held back has left. */
  protected abstract drained(): void;
  /** All that one read had for it was delivered. */
  abstract turnEnd(): void;
  /** The peer reset it or its connection is gone. `unprocessed`: the peer says that it did nothing with it. */
  abstract aborted(code: ErrorCode, detail: string, unprocessed: boolean): void;
  /** The peer broke the rules on this stream; it has been reset. */
  abstract violated(detail: string): void;
  /** The peer left its window closed for too long; it has been reset. */
  abstract stalled(): void;
  /** Checks deadlines; called a few times a second. */
  abstract tick(now: number): void;

  /** Something waits that the peer's window does not let through. */
  get waits(): boolean {
    return this.#queue !== undefined;
  }

  /** Something came that its listener has not taken. */
  get holds(): boolean {
    return this.#parked !== undefined;
  }

  /** Remembers the frame at `at` of the slab, so that END_STREAM can still be set on it. */
  frameAt(at: number): void {
    this.#lastFrameAt = at;
    this.#lastSent = this.connection.output.sent;
    this.connection.output.streamFrames++;
  }

  /** Sends `chunk`; what can't leave now is copied. False: stop until `drained`. */
  sendData(chunk: Buffer): boolean {
    if (this.closed || this.#ending || chunk.length === 0) return true;
    const connection = this.connection;
    let at = 0;
    if (this.#queue === undefined) {
      at = connection.queue.send(this, chunk, 0, chunk.length, false);
      if (at === chunk.length && !connection.output.blocked) return true;
    }
    if (at < chunk.length) {
      const rest = Buffer.from(at === 0 ? chunk : chunk.subarray(at));
      if (this.#queue === undefined) this.#queue = [rest];
      else this.#queue.push(rest);
    }
    this.#held = true;
    connection.queue.wait(this);
    return false;
  }

  /** Sends up to `most` bytes of what waits; true when nothing is left of it. */
  pump(most: number): boolean {
    const queue = this.#queue;
    if (queue !== undefined) {
      const chunk = queue[0] as Buffer;
      const to = Math.min(chunk.length, this.#queueAt + most);
      this.#queueAt = this.connection.queue.send(this, chunk, this.#queueAt, to, true);
      if (this.#queueAt < chunk.length) return false;
      this.#queueAt = 0;
      queue.shift();
      if (queue.length > 0) return false;
      this.#queue = undefined;
    }
    if (this.#ending) this.#sendEnd();
    return true;
  }

  /** Tells the listener to go on, if it was told to stop. */
  release(): void {
    if (!this.#held || this.closed) return;
    this.#held = false;
    if (!this.#ending) this.drained();
  }

  /** Ends our half, after what waits. */
  sendEnd(trailers: Headers | undefined): void {
    if (this.closed || this.#ending) return;
    this.#ending = true;
    this.#trailers = trailers;
    if (this.#queue === undefined) this.#sendEnd();
  }

  #sendEnd(): void {
    if (this.localEnded || this.closed) return;
    const trailers = this.#trailers;
    const output = this.connection.output;
    if (trailers !== undefined) {
      if (!this.connection.headers.trailers(this, trailers)) {
        this.reset(errorCodes.internalError);
        return;
      }
    } else if (this.#lastSent === output.sent && output.slab !== undefined)
      // The frame before is still here: it says it itself, which saves the peer a frame.
      (output.slab as Buffer)[this.#lastFrameAt + 4]! |= 1;
    else writeEnd(this.connection.output, this.id);
    this.localEnded = true;
    this.connection.halfClosed(this);
  }

  /** Nothing is delivered before `resumeReceiving`. */
  protected hold(): void {
    this.#flowing = false;
  }

  /** Data of the peer. */
  receive(piece: Buffer): void {
    this.#arrived += piece.length;
    if (this.declared >= 0 && this.#arrived > this.declared) {
      this.connection.window.consumed(piece.length);
      this.#lied();
      return;
    }
    if (this.#flowing && this.#parked === undefined) {
      this.#delivering = true;
      const more = this.deliver(piece);
      this.#delivering = false;
      if (!more) this.#flowing = false;
      this.connection.window.consumed(piece.length);
      this.#credit(piece.length);
      return;
    }
    const kept = Buffer.from(piece);
    if (this.#parked === undefined) this.#parked = [kept];
    else this.#parked.push(kept);
    this.connection.window.park(piece.length);
  }

  /** END_STREAM of the peer, alone or with trailers. */
  receiveEnd(trailers: Headers | undefined): void {
    if (this.declared >= 0 && this.#arrived !== this.declared) {
      this.#lied();
      return;
    }
    this.remoteEnded = true;
    if (this.#parked !== undefined) {
      this.#endParked = true;
      this.#receivedTrailers = trailers;
      return;
    }
    this.deliverEnd(trailers);
    this.connection.halfClosed(this);
  }

  #lied(): void {
    this.reset(errorCodes.protocolError);
    this.violated(`content-length says ${this.declared} bytes, ${this.#arrived} came`);
    this.connection.strike();
  }

  /** The listener takes data again. */
  resumeReceiving(): void {
    this.#flowing = true;
    if (this.#delivering || this.closed) return;
    const parked = this.#parked;
    if (parked === undefined) return;
    this.#delivering = true;
    while (parked.length > 0 && this.#flowing && !this.closed) {
      const piece = parked.shift() as Buffer;
      this.connection.window.unpark(piece.length);
      if (!this.deliver(piece)) this.#flowing = false;
      this.#credit(piece.length);
    }
    this.#delivering = false;
    if (this.closed) return;
    if (parked.length === 0) {
      this.#parked = undefined;
      if (this.#endParked) {
        this.#endParked = false;
        this.deliverEnd(this.#receivedTrailers);
        this.connection.halfClosed(this);
      }
    }
    // What was delivered is held back by whoever took it until it hears this.
    this.turnEnd();
  }

  /** Padding is read by nobody, so its credit goes back at once. */
  creditPadding(bytes: number): void {
    this.#credit(bytes);
  }

  /** Gives back what was consumed, however little, when the peer has at most `lowMark` left to send. */
  giveCredit(lowMark: number): void {
    if (this.#consumed > 0 && this.receiveWindow <= lowMark) this.#giveCredit();
  }

  #credit(bytes: number): void {
    this.#consumed += bytes;
    if (this.#consumed >= this.connection.window.creditThreshold) this.#giveCredit();
  }

  #giveCredit(): void {
    if (this.remoteEnded || this.closed) return;
    this.receiveWindow += this.#consumed;
    writeWindowUpdate(this.connection.output, this.id, this.#consumed);
    this.#consumed = 0;
  }

  /** What is whole of the peer's half is wanted, though the stream is over. */
  get outlives(): boolean {
    return true;
  }

  /** All of the peer's half is here and its listener has not taken it yet: it outlives its stream. False: there is no such thing. */
  keepWhole(): boolean {
    this.#orphaned = this.#endParked;
    return this.#orphaned;
  }

  /** Both halves over or reset: forgets what waits. Called by the connection. */
  drop(): void {
    if (this.#orphaned) {
      this.#orphaned = false;
      this.localEnded = true;
      this.#ending = true;
      this.#queue = undefined;
      this.#held = false;
      return;
    }
    this.closed = true;
    this.#queue = undefined;
    this.#held = false;
    const parked = this.#parked;
    if (parked === undefined) return;
    this.#parked = undefined;
    let bytes = 0;
    for (const piece of parked) bytes += piece.length;
    this.connection.window.unpark(bytes);
  }

  /** Ends it here and now, telling the peer why. */
  reset(code: ErrorCode = errorCodes.cancel): void {
    if (!this.closed) this.connection.resetStream(this, code);
  }
}
