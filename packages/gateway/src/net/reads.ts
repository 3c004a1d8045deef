/**
 * Reads into memory that is used again and again, instead of a new 64 KiB buffer for each read (worth a tenth of a
 * request's cost). What a receiver is given is valid only until it returns: whoever keeps bytes copies them.
 */
import { Socket } from 'node:net';

/** Cleartext reads are handed over one at a time, so that all sockets of the process share one buffer. */
const shared = Buffer.allocUnsafeSlow(65536);
/** The most one TLS record holds. TLS may decrypt for one socket while another's bytes are in use, so each has its own. */
const recordBytes = 16384;

export class Reads {
  receive: ((chunk: Buffer) => void) | undefined;
  /** For `net.connect` and `tls.connect`. */
  readonly onread: { readonly buffer: Buffer; readonly callback: (bytes: number) => boolean };

  constructor(secure: boolean) {
    const buffer = secure ? Buffer.allocUnsafeSlow(recordBytes) : shared;
    this.onread = {
      buffer,
      callback: (bytes) => {
        this.receive?.(buffer.subarray(0, bytes));
        return true;
      },
    };
  }
}

/** A connection that can be given on to a TLS server, which reads by itself. */
export interface Releasable extends Incoming {
  /** Nobody reads it here any more: `rest`, copied, is the first that its next reader finds. */
  release(rest: Buffer): Socket;
}

/** An accepted connection's bytes, however they come. */
export abstract class Incoming {
  readonly socket: Socket;
  /** Chunks are valid only until the listener returns. */
  readonly volatile: boolean;
  #paused = false;

  constructor(socket: Socket, isVolatile: boolean) {
    this.socket = socket;
    this.volatile = isVolatile;
  }

  abstract onData(listener: (chunk: Buffer) => void): void;
  /** Gives whoever listens bytes that somebody before it has read. */
  abstract reread(chunk: Buffer): void;
  /** From now on `listener` gets the bytes, each piece its own to keep. */
  abstract handOver(listener: (chunk: Buffer) => void): void;

  /** Nobody hears of the socket's life any more: another reader takes over. */
  detach(): void {
    for (const event of ['end', 'error', 'close', 'drain']) this.socket.removeAllListeners(event);
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.socket.resume();
  }
}

/** A connection around an accepted libuv handle, reading into shared memory. */
export class IncomingHandle extends Incoming implements Releasable {
  readonly #reads: Reads;

  constructor(handle: object) {
    const reads = new Reads(false);
    // `handle` is how net.Server itself makes its sockets; its types leave it out.
    super(new Socket({ handle, onread: reads.onread } as unknown as { readable: boolean }), true);
    this.#reads = reads;
  }

  onData(listener: (chunk: Buffer) => void): void {
    this.#reads.receive = listener;
  }

  handOver(listener: (chunk: Buffer) => void): void {
    this.#reads.receive = (chunk) => listener(Buffer.from(chunk));
  }

  reread(chunk: Buffer): void {
    this.#reads.receive?.(chunk);
  }

  release(rest: Buffer): Socket {
    this.#reads.receive = undefined;
    this.socket.pause();
    if (rest.length > 0) this.socket.unshift(Buffer.from(rest));
    return this.socket;
  }
}

/** A connection that a server of Node's accepted: its chunks are fresh memory. */
export class IncomingSocket extends Incoming implements Releasable {
  constructor(socket: Socket) {
    super(socket, false);
  }

  onData(listener: (chunk: Buffer) => void): void {
    this.socket.on('data', listener);
  }

  handOver(listener: (chunk: Buffer) => void): void {
    this.socket.removeAllListeners('data');
    this.socket.on('data', listener);
  }

  reread(chunk: Buffer): void {
    this.socket.emit('data', chunk);
  }

  release(rest: Buffer): Socket {
    this.socket.removeAllListeners('data');
    this.socket.pause();
    if (rest.length > 0) this.socket.unshift(Buffer.from(rest));
    return this.socket;
  }
}

/**
 * A TLS connection that a server of Node's accepted, reading into one buffer of its own. For uplinks: few connections, many
 * requests. Where Node's inside is not as expected its chunks come as usual.
 */
export class IncomingRecords extends Incoming {
  #listener: ((chunk: Buffer) => void) | undefined;

  /** The connection around `socket`, whichever way its bytes can be had. */
  static from(socket: Socket): Incoming {
    const inside = readSlots(socket);
    return inside === undefined ? new IncomingSocket(socket) : new IncomingRecords(socket, inside);
  }

  constructor(socket: Socket, inside: ReadSlots) {
    super(socket, true);
    const buffer = Buffer.allocUnsafeSlow(recordBytes);
    inside.slots[inside.buffer] = buffer;
    inside.slots[inside.callback] = (bytes: number) => {
      this.#listener?.(buffer.subarray(0, bytes));
      return true;
    };
    inside.handle.useUserBuffer(buffer);
  }

  onData(listener: (chunk: Buffer) => void): void {
    this.#listener = listener;
    this.socket.resume();
  }

  handOver(listener: (chunk: Buffer) => void): void {
    this.#listener = (chunk) => listener(Buffer.from(chunk));
  }

  reread(chunk: Buffer): void {
    this.#listener?.(chunk);
  }
}

interface ReadSlots {
  readonly slots: Record<symbol, unknown>;
  readonly buffer: symbol;
  readonly callback: symbol;
  readonly handle: { useUserBuffer(buffer: Buffer): void };
}

/** Where a socket keeps what `onread` sets: there is no way to ask a TLS server for it. Undefined when it is not there. */
function readSlots(socket: Socket): ReadSlots | undefined {
  const symbols = Object.getOwnPropertySymbols(socket);
  const buffer = symbols.find((symbol) => symbol.description === 'kBuffer');
  const callback = symbols.find((symbol) => symbol.description === 'kBufferCb');
  const handle = (socket as unknown as { _handle?: { useUserBuffer?: unknown } })._handle;
  if (buffer === undefined || callback === undefined || typeof handle?.useUserBuffer !== 'function')
    return undefined;
  const slots = socket as unknown as Record<symbol, unknown>;
  if (slots[buffer] !== null || slots[callback] !== null) return undefined;
  return { slots, buffer, callback, handle: handle as ReadSlots['handle'] };
}
