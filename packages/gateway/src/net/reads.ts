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
  /** From now on `listener` gets the bytes, each piece its own to keep. */
  abstract handOver(listener: (chunk: Buffer) => void): void;

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
export class IncomingHandle extends Incoming {
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
}

/** A connection that a server of Node's accepted: its chunks are fresh memory. */
export class IncomingSocket extends Incoming {
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
}
