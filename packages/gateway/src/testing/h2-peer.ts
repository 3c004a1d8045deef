/** One end of an HTTP/2 connection that sends whatever a test says and keeps all that comes, frame by frame. */
import type { Socket } from 'node:net';
import { within } from './eventually.ts';
import { HpackReader } from './h2-hpack-reader.ts';
import { block, type Field } from './h2-hpack-writer.ts';
import * as wire from './h2-wire.ts';

/** What came on one stream. */
export interface StreamView {
  readonly id: number;
  /** Decoded header blocks in order: 1xx, head, trailers. */
  readonly blocks: [name: string, value: string][][];
  body: Buffer;
  ended: boolean;
  /** Error code of its RST_STREAM. */
  reset: number | undefined;
}

export interface PeerOptions {
  /** Answers SETTINGS and PING with ACK. Default true. */
  readonly acks?: boolean;
  /** Gives back the window that DATA took. Default true. */
  readonly credits?: boolean;
  /** Decodes header blocks. Default true; without, blocks are empty, for attacks that garble the tables. */
  readonly decodes?: boolean;
}

export class H2Peer implements Disposable {
  readonly socket: Socket;
  /** Every frame that came, in order. */
  readonly frames: wire.Frame[] = [];
  readonly streams = new Map<number, StreamView>();
  acks: boolean;
  credits: boolean;
  readonly #decodes: boolean;
  closed = false;
  /** Ended by FIN; false when reset. */
  cleanEnd = false;
  error = '';
  /** Called with each frame, after it was taken into account. */
  onFrame: (frame: wire.Frame) => void = () => undefined;
  #rest: Buffer = Buffer.alloc(0);
  #taken = new Set<wire.Frame>();
  #wake: (() => void)[] = [];
  #block: { readonly stream: number; readonly ends: boolean; bytes: Buffer } | undefined;
  readonly #hpack = new HpackReader();
  /** Table sizes that wait for the peer's ACK; undefined for the first SETTINGS, which say none. */
  #announced: (number | undefined)[] = [undefined];

  constructor(socket: Socket, options: PeerOptions = {}) {
    this.socket = socket;
    this.acks = options.acks ?? true;
    this.credits = options.credits ?? true;
    this.#decodes = options.decodes ?? true;
    socket.on('end', () => {
      this.cleanEnd = true;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message;
    });
    socket.on('close', () => {
      this.closed = true;
      this.#changed();
    });
  }

  /** Bytes as they are. */
  send(...all: readonly wire.Bytes[]): void {
    if (this.socket.writable) this.socket.write(Buffer.concat(all.map(wire.bytesOf)));
  }

  frame(type: number, flags: number, stream: number, payload: wire.Bytes = '', length?: number): void {
    this.send(wire.frame(type, flags, stream, payload, length));
  }

  /** HEADERS with END_HEADERS. */
  headers(stream: number, fields: readonly Field[], end = true): void {
    const flags = wire.flags.endHeaders | (end ? wire.flags.endStream : 0);
    this.frame(wire.types.headers, flags, stream, block(fields));
  }

  /** Announces a table of `bytes` for what we decode; it counts once the peer has acknowledged it. */
  keepTable(bytes: number): void {
    this.send(wire.settingsFrame([[wire.settings.headerTableSize, bytes]]));
    this.#announced.push(bytes);
  }

  /** Received bytes go in here. */
  push(chunk: Buffer): void {
    const { frames, rest } = wire.takeFrames(Buffer.concat([this.#rest, chunk]));
    this.#rest = rest;
    for (const one of frames) {
      this.frames.push(one);
      this.#note(one);
      this.onFrame(one);
    }
    this.#changed();
  }

  stream(id: number): StreamView {
    let view = this.streams.get(id);
    if (view === undefined) {
      view = { id, blocks: [], body: Buffer.alloc(0), ended: false, reset: undefined };
      this.streams.set(id, view);
    }
    return view;
  }

  /** Resolves when `ready`, asked at every change, says so; rejects with the frames that came instead. */
  async until(ready: () => boolean, what: string, ms = 5000): Promise<void> {
    const turn = async () => {
      while (!ready()) await new Promise<void>((resolve) => this.#wake.push(resolve));
    };
    await within(turn(), what, ms).catch((error: Error) => {
      const got = this.frames.slice(-8).map(wire.describeFrame).join('; ');
      throw new Error(`${error.message}; last frames: ${got}; closed ${this.closed} ${this.error}`);
    });
  }

  /** The first frame that `wanted` says yes to and that no earlier call returned; rejects when the connection closes. */
  async nextFrame(wanted: (frame: wire.Frame) => boolean, ms = 5000): Promise<wire.Frame> {
    let found: wire.Frame | undefined;
    const find = () => {
      found = this.frames.find((one) => !this.#taken.has(one) && wanted(one));
      return found !== undefined || this.closed;
    };
    await this.until(find, `a frame that ${wanted}`, ms);
    if (found === undefined) {
      const got = this.frames.slice(-8).map(wire.describeFrame).join('; ');
      throw new Error(`closed (${this.error}) instead of a frame that ${wanted}; last frames: ${got}`);
    }
    this.#taken.add(found);
    return found;
  }

  /** The code of the RST_STREAM on `stream`, or `undefined` when the response ended without. */
  async outcome(stream: number, ms = 5000): Promise<StreamView> {
    const view = this.stream(stream);
    await this.until(
      () => view.ended || view.reset !== undefined || this.closed,
      `the end of stream ${stream}`,
      ms,
    );
    if (!view.ended && view.reset === undefined) {
      const got = this.frames.slice(-8).map(wire.describeFrame).join('; ');
      throw new Error(`closed (${this.error}) instead of an end of stream ${stream}; last frames: ${got}`);
    }
    return view;
  }

  /** GOAWAY's error code; with `none` excluded, the first that tells of an error. */
  async goaway(ms = 5000): Promise<number> {
    return wire.codeOf(
      await this.nextFrame((one) => one.type === wire.types.goaway && wire.codeOf(one) !== 0, ms),
    );
  }

  async untilClosed(ms = 5000): Promise<void> {
    await this.until(() => this.closed, 'the connection to close', ms);
  }

  /** A PING there and back: by then the peer has dealt with all that was sent before. */
  async roundTrip(): Promise<void> {
    const text = String(this.frames.length).padStart(8, 'r');
    this.send(wire.ping(text));
    await this.nextFrame(
      (one) =>
        one.type === wire.types.ping && one.flags === wire.flags.ack && one.payload.toString() === text,
    );
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #note(one: wire.Frame): void {
    const ends = (one.flags & wire.flags.endStream) !== 0;
    switch (one.type) {
      case wire.types.data: {
        const view = this.stream(one.stream);
        view.body = Buffer.concat([view.body, wire.content(one)]);
        view.ended ||= ends;
        if (this.credits && one.payload.length > 0) {
          this.send(wire.windowUpdate(0, one.payload.length));
          if (!ends) this.send(wire.windowUpdate(one.stream, one.payload.length));
        }
        break;
      }
      case wire.types.headers:
        this.#block = { stream: one.stream, ends, bytes: wire.content(one) };
        this.#blockEnd(one);
        break;
      case wire.types.continuation:
        if (this.#block === undefined) throw new Error('CONTINUATION without HEADERS');
        this.#block.bytes = Buffer.concat([this.#block.bytes, one.payload]);
        this.#blockEnd(one);
        break;
      case wire.types.rst:
        this.stream(one.stream).reset = wire.codeOf(one);
        break;
      case wire.types.settings:
        if (one.flags === 0) {
          if (this.acks) this.send(wire.settingsAck);
        } else {
          const bytes = this.#announced.shift();
          if (bytes !== undefined) this.#hpack.announce(bytes);
        }
        break;
      case wire.types.ping:
        if (this.acks && one.flags === 0) this.frame(wire.types.ping, wire.flags.ack, 0, one.payload);
        break;
    }
  }

  #blockEnd(one: wire.Frame): void {
    const done = this.#block;
    if (done === undefined || (one.flags & wire.flags.endHeaders) === 0) return;
    this.#block = undefined;
    const view = this.stream(done.stream);
    view.blocks.push(this.#decodes ? this.#hpack.read(done.bytes) : []);
    view.ended ||= done.ends;
  }

  #changed(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

/** The value of `name` in a block of `view`, '' when it has none. */
export function fieldOf(view: StreamView, name: string, blockIndex = 0): string {
  return view.blocks[blockIndex]?.find(([field]) => field === name)?.[1] ?? '';
}
