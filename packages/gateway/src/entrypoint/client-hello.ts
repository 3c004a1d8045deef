/** Finds the server name in the first bytes of a TLS connection (RFC 8446 §4.1.2, RFC 6066 §3), before any handshake. */

/** No client says this much before it has heard anything; what comes after is not read. */
export const longestHello = 65_536;

/** Into how many records a client may cut it; who cuts finer costs more than it is worth. */
const mostRecords = 64;

const handshakeRecord = 22;
const clientHello = 1;
const serverNameExtension = 0;
const hostName = 0;

/**
 * The server name, lower-case without trailing dot; '' when there is none or these bytes are no ClientHello (whoever
 * handshakes then will say so); undefined while more bytes are needed.
 */
export function serverNameOf(bytes: Buffer): string | undefined {
  const message = helloMessage(bytes);
  if (message === undefined) return bytes.length >= longestHello ? '' : undefined;
  return message === 'none' ? '' : nameIn(new Cursor(message));
}

/** The body of the ClientHello, put together from its records. */
function helloMessage(bytes: Buffer): Buffer | 'none' | undefined {
  const pieces: Buffer[] = [];
  let gathered = 0;
  /** Length of the message with its header, once that is there. */
  let end = 0;
  for (let at = 0; pieces.length < mostRecords; ) {
    // A foreign first byte is told at once: who speaks something else may be waiting for an answer.
    if (bytes.length > at && bytes[at] !== handshakeRecord) return 'none';
    if (bytes.length > at + 1 && bytes[at + 1] !== 3) return 'none';
    if (bytes.length < at + 5) return undefined;
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0 || length > 16_384) return 'none';
    const piece = bytes.subarray(at + 5, at + 5 + length);
    pieces.push(piece);
    gathered += piece.length;
    if (end === 0 && gathered >= 4) {
      const header = Buffer.concat(pieces);
      end = 4 + header.readUIntBE(1, 3);
      if (header[0] !== clientHello || end > longestHello) return 'none';
    }
    if (end > 0 && gathered >= end)
      return (pieces.length === 1 ? piece : Buffer.concat(pieces)).subarray(4, end);
    if (piece.length < length) return undefined;
    at += 5 + length;
  }
  return 'none';
}

function nameIn(hello: Cursor): string {
  hello.skip(2 + 32); // legacy_version, random
  hello.skip(hello.uint(1)); // legacy_session_id
  hello.skip(hello.uint(2)); // cipher_suites
  hello.skip(hello.uint(1)); // legacy_compression_methods
  const extensions = hello.take(hello.uint(2));
  while (extensions.left >= 4) {
    const type = extensions.uint(2);
    const extension = extensions.take(extensions.uint(2));
    if (type !== serverNameExtension) continue;
    const names = extension.take(extension.uint(2));
    while (names.left >= 3) {
      const kind = names.uint(1);
      const name = names.take(names.uint(2)).text();
      if (kind === hostName) return canonicalServerName(name);
    }
  }
  return '';
}

/** As `Host()` compares: lower-case, without the trailing dot that no client should send (RFC 6066 §3). */
export function canonicalServerName(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

/** Reads forward; past the end everything is zero or empty, so that a length that lies ends the search. */
class Cursor {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  uint(size: 1 | 2): number {
    if (this.left < size) {
      this.#at = this.#bytes.length;
      return 0;
    }
    this.#at += size;
    return this.#bytes.readUIntBE(this.#at - size, size);
  }

  skip(length: number): void {
    this.#at = Math.min(this.#at + length, this.#bytes.length);
  }

  take(length: number): Cursor {
    const from = this.#at;
    this.skip(length);
    return new Cursor(this.#bytes.subarray(from, this.#at));
  }

  text(): string {
    return this.#bytes.toString('latin1', this.#at);
  }
}
