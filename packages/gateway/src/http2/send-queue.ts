/**
 * DATA of all streams of a connection within its window and what the socket takes: at once when nobody waits, else in
 * turns of one frame, so that a large body never keeps a small one waiting.
 */
import type { Deadlines } from '../net/deadlines.ts';
import type { FrameOutput } from './frame-output.ts';
import { defaultWindow, frameTypes, headBytes, mostWindow, writeFrameHead } from './frames.ts';
import type { Http2Stream } from './stream.ts';

/** A frame of this much data fills a TLS record together with its head. */
const frameDataBytes = 16384 - headBytes;
/** Bytes given to the socket beyond which streams wait for its `drain`. */
const mostQueued = 262144;

export class SendQueue {
  /** What the peer lets the connection send. */
  window = defaultWindow;
  readonly #output: FrameOutput;
  readonly #deadlines: Deadlines;
  /** Streams that have not sent any data yet: their first frame goes before others' next ones, as new flows do in fq_codel. */
  readonly #fresh = new Set<Http2Stream>();
  /** Streams with something to send or to be told, first come first. */
  readonly #ready = new Set<Http2Stream>();
  /** Streams whose own window is used up. */
  readonly #stalled = new Set<Http2Stream>();
  /** When data last could leave, while some is ready; monotonic milliseconds. */
  #heldSince = 0;

  constructor(output: FrameOutput, deadlines: Deadlines) {
    this.#output = output;
    this.#deadlines = deadlines;
  }

  /** Sends what may leave of chunk[from, to) and returns how far it came. */
  send(stream: Http2Stream, chunk: Buffer, from: number, to: number, pumping: boolean): number {
    const output = this.#output;
    if (output.blocked || (!pumping && stream.hasSent && this.#ready.size > 0)) return from;
    let at = from;
    while (at < to) {
      const length = Math.min(to - at, frameDataBytes, stream.sendWindow, this.window);
      if (length <= 0) break;
      const slab = output.reserve(headBytes + length);
      const start = output.at;
      writeFrameHead(slab, start, length, frameTypes.data, 0, stream.id);
      chunk.copy(slab, start + headBytes, at, at + length);
      output.at = start + headBytes + length;
      stream.frameAt(start);
      stream.hasSent = true;
      stream.sendWindow -= length;
      this.window -= length;
      at += length;
    }
    return at;
  }

  /** `stream` wants to send more or hear when it may. */
  wait(stream: Http2Stream): void {
    const now = this.#deadlines.now;
    this.#output.schedule();
    if (stream.waits && stream.sendWindow <= 0) {
      if (!this.#stalled.has(stream)) {
        stream.stalledSince = now;
        this.#stalled.add(stream);
      }
      return;
    }
    if (this.#ready.size === 0) this.#heldSince = now;
    (stream.hasSent ? this.#ready : this.#fresh).add(stream);
  }

  /** The peer has opened the connection's window; false when it overflows. */
  widen(more: number): boolean {
    this.window += more;
    this.#output.schedule();
    return this.window <= mostWindow;
  }

  /** The peer has opened `stream`'s window. */
  opened(stream: Http2Stream): void {
    if (stream.sendWindow > 0 && this.#stalled.delete(stream)) this.wait(stream);
  }

  remove(stream: Http2Stream): void {
    this.#fresh.delete(stream);
    this.#ready.delete(stream);
    this.#stalled.delete(stream);
  }

  /** Lets streams send in turns until the window or the socket is full. */
  pump(): void {
    this.#pumpEach(this.#fresh);
    this.#pumpEach(this.#ready);
  }

  #pumpEach(streams: Set<Http2Stream>): void {
    if (streams.size === 0) return;
    const output = this.#output;
    const now = this.#deadlines.now;
    for (const stream of streams) {
      if (output.blocked || output.queuedBytes > mostQueued) return;
      if (stream.waits && this.window <= 0) return;
      this.#heldSince = now;
      streams.delete(stream);
      if (stream.closed) continue;
      if (stream.pump(frameDataBytes)) stream.release();
      // Behind the others that wait (a Set walks what is added meanwhile, too), or aside until its window opens.
      else this.wait(stream);
    }
  }

  /** Runs `expired` for every stream that could not send for `ms`; true when the connection itself could not. */
  stalled(ms: number, expired: (stream: Http2Stream) => void): boolean {
    const now = this.#deadlines.now;
    for (const stream of this.#stalled) if (now - stream.stalledSince >= ms) expired(stream);
    // A socket that takes nothing is judged by what its kernel does, not by how often it is empty.
    if (this.#output.blocked) this.#heldSince = now;
    return this.#ready.size + this.#fresh.size > 0 && now - this.#heldSince >= ms;
  }
}
