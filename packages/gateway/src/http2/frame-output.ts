/**
 * Frames on their way to a socket: encoded into one slab and sent in one write when the turn of the event loop ends, so
 * that many small messages share a TLS record and a system call.
 */
import type { Socket } from 'node:net';

/** Room for every frame of a busy turn; also the most that one header block may take. */
export const slabBytes = 131072;
/** Slabs kept for the next turn, for all connections of the process: 4 MiB at most. */
const mostSlabs = 32;
const slabs: Buffer[] = [];

/** Outputs with something to send; one callback at the end of the turn serves them all. */
let dirty: FrameOutput[] = [];
let spare: FrameOutput[] = [];

function flushAll(): void {
  const due = dirty;
  dirty = spare;
  for (let i = 0; i < due.length; i++) (due[i] as FrameOutput).turnEnded();
  due.length = 0;
  spare = due;
}

export class FrameOutput {
  /** Where frames are encoded; undefined while nothing is pending. */
  slab: Buffer | undefined;
  /** The end of what is encoded. */
  at = 0;
  /** Grows with each frame of a stream that is written. */
  streamFrames = 0;
  /** Grows with each slab sent: tells whether a frame is still here to be amended. */
  sent = 0;
  readonly #socket: Socket;
  /** Runs at the end of a turn, before the write: the last chance to add frames. */
  readonly #beforeFlush: () => void;
  #scheduled = false;
  /** How far the socket had come when it was last asked, and since when it has come no further. */
  #seenQueued = 0;
  #seenSent = 0;
  #stuckSince = 0;

  constructor(socket: Socket, beforeFlush: () => void) {
    this.#socket = socket;
    this.#beforeFlush = beforeFlush;
  }

  /** The socket holds as much as it should: DATA waits for its `drain`. */
  get blocked(): boolean {
    return this.#socket.writableNeedDrain;
  }

  /** Since when the kernel has taken nothing of what waits, as far as was asked; `now` when it has, or nothing waits. */
  stuckSince(now: number): number {
    // What Node's own socket timeout goes by, too.
    const handle = (this.#socket as unknown as { _handle?: { writeQueueSize?: number } })._handle;
    const queued = handle?.writeQueueSize ?? 0;
    if (this.queuedBytes === 0 || queued !== this.#seenQueued || this.sent !== this.#seenSent) {
      this.#seenQueued = queued;
      this.#seenSent = this.sent;
      this.#stuckSince = now;
    }
    return this.#stuckSince;
  }

  /** Bytes not yet taken by the kernel. */
  get queuedBytes(): number {
    return this.at + this.#socket.writableLength;
  }

  /** Makes room for `bytes` (at most a slab) and returns the slab; write at `at` and move it. */
  reserve(bytes: number): Buffer {
    if (this.slab !== undefined && this.at + bytes > slabBytes) this.#send();
    this.schedule();
    if (this.slab === undefined) {
      this.slab = slabs.pop() ?? Buffer.allocUnsafeSlow(slabBytes);
      this.at = 0;
    }
    return this.slab;
  }

  /** There will be something to do when the turn ends. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    if (dirty.push(this) === 1) setImmediate(flushAll);
  }

  /** @internal */
  turnEnded(): void {
    this.#scheduled = false;
    this.#beforeFlush();
    // While the socket takes nothing, what is small goes on filling this slab: one for each turn would cost a page a frame.
    if (!this.blocked) this.flush();
  }

  /** What is pending leaves now. */
  flush(): void {
    if (this.slab !== undefined) this.#send();
  }

  #send(): void {
    const slab = this.slab as Buffer;
    const bytes = this.at;
    this.slab = undefined;
    this.at = 0;
    this.sent++;
    if (bytes === 0 || this.#socket.destroyed) {
      release(slab);
      return;
    }
    this.#socket.write(bytes === slabBytes ? slab : slab.subarray(0, bytes), () => release(slab));
  }
}

function release(slab: Buffer): void {
  if (slabs.length < mostSlabs) slabs.push(slab);
}
