/** The little of HTTP/2's framing (RFC 9113 §4, §6) that a cheap endpoint needs. */

export const frameTypes = { data: 0, headers: 1, settings: 4, ping: 6, windowUpdate: 8 } as const;
export const frameFlags = { endStream: 1, ack: 1, endHeaders: 4 } as const;

/** What a client sends before its first frame. */
export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

const HEAD = 9;
/** The largest frame that may come while no larger size was offered. */
const MAX_LENGTH = 16_384;

/** One frame as it came. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** A frame's bytes. */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, HEAD);
  return bytes;
}

/** A WINDOW_UPDATE of `credit` bytes. */
export function windowUpdate(stream: number, credit: number): Buffer {
  const payload = Buffer.allocUnsafe(4);
  payload.writeUInt32BE(credit);
  return frame(frameTypes.windowUpdate, 0, stream, payload);
}

/** The whole frames at the beginning of `bytes`, and what is left over. Throws a RangeError for a frame over 16 KiB. */
export function readFrames(bytes: Buffer): { readonly frames: Frame[]; readonly rest: Buffer } {
  const frames: Frame[] = [];
  let at = 0;
  while (bytes.length - at >= HEAD) {
    const length = bytes.readUIntBE(at, 3);
    if (length > MAX_LENGTH) throw new RangeError(`a frame of ${length} bytes, at most ${MAX_LENGTH} wanted`);
    if (bytes.length - at < HEAD + length) break;
    frames.push({
      type: bytes[at + 3]!,
      flags: bytes[at + 4]!,
      stream: bytes.readUInt32BE(at + 5) & 0x7fff_ffff,
      payload: bytes.subarray(at + HEAD, at + HEAD + length),
    });
    at += HEAD + length;
  }
  return { frames, rest: bytes.subarray(at) };
}
