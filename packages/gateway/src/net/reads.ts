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

/** A socket that was accepted, however its bytes come. */
export interface Incoming {
  readonly socket: Socket;
  /** Chunks are valid only until the listener returns. */
  readonly volatile: boolean;
  onData(listener: (chunk: Buffer) => void): void;
  /** From now on `listener` gets the bytes, each piece its own to keep. */
  handOver(listener: (chunk: Buffer) => void): void;
}

/** A socket around an accepted libuv handle, reading into shared memory. */
export function incomingHandle(handle: object): Incoming {
  const reads = new Reads(false);
  // `handle` is how net.Server itself makes its sockets; its types leave it out.
  const socket = new Socket({ handle, onread: reads.onread } as unknown as { readable: boolean });
  return {
    socket,
    volatile: true,
    onData(listener) {
      reads.receive = listener;
    },
    handOver(listener) {
      reads.receive = (chunk) => listener(Buffer.from(chunk));
    },
  };
}

/** A socket that a server of Node's made: its chunks are fresh memory. */
export function incomingSocket(socket: Socket): Incoming {
  return {
    socket,
    volatile: false,
    onData: (listener) => void socket.on('data', listener),
    handOver(listener) {
      socket.removeAllListeners('data');
      socket.on('data', listener);
    },
  };
}
