/**
 * Reads of dialled sockets into memory that is used again and again, instead of a new 64 KiB buffer for each read.
 * What `receive` is given is valid only until it returns: whoever keeps bytes copies them.
 */

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
