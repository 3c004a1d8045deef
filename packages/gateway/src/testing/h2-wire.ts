/** HTTP/2 frames as bytes, with every field free to lie. The tests' own: shares nothing with the codec it judges. */

export const types = {
  data: 0,
  headers: 1,
  priority: 2,
  rst: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
  priorityUpdate: 16,
} as const;

export const flags = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

export const settings = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
  enableConnectProtocol: 8,
} as const;

export const errors = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  settingsTimeout: 4,
  streamClosed: 5,
  frameSize: 6,
  refusedStream: 7,
  cancel: 8,
  compression: 9,
  connect: 10,
  calm: 11,
} as const;

export const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export type Bytes = Buffer | string;

/** Text becomes one byte a character. */
export function bytesOf(data: Bytes): Buffer {
  return typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
}

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** A frame on the wire; `length` lies about the payload's when given. */
export function frame(
  type: number,
  flagBits: number,
  stream: number,
  payload: Bytes = '',
  length?: number,
): Buffer {
  const body = bytesOf(payload);
  const head = Buffer.alloc(9);
  head.writeUIntBE(length ?? body.length, 0, 3);
  head[3] = type;
  head[4] = flagBits;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}

/** A 32-bit number. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

export const data = (stream: number, text: Bytes, end = false) =>
  frame(types.data, end ? flags.endStream : 0, stream, text);

export const rst = (stream: number, code: number = errors.cancel) =>
  frame(types.rst, 0, stream, uint32(code));

export const windowUpdate = (stream: number, increment: number) =>
  frame(types.windowUpdate, 0, stream, uint32(increment));

export const ping = (text = '12345678', ack = false) => frame(types.ping, ack ? flags.ack : 0, 0, text);

export const goaway = (lastStream: number, code: number = errors.none, text = '') =>
  frame(types.goaway, 0, 0, Buffer.concat([uint32(lastStream), uint32(code), bytesOf(text)]));

/** PRIORITY of RFC 7540, 5 bytes. */
export const priority = (stream: number, on: number) =>
  frame(types.priority, 0, stream, Buffer.concat([uint32(on), Buffer.from([15])]));

/** SETTINGS with `[id, value]` pairs. */
export function settingsFrame(pairs: readonly (readonly [number, number])[]): Buffer {
  const all = pairs.map(([id, value]) => Buffer.concat([Buffer.from([id >> 8, id & 255]), uint32(value)]));
  return frame(types.settings, 0, 0, Buffer.concat(all));
}

export const settingsAck = frame(types.settings, flags.ack, 0);

/** A payload with `padding` bytes after it and a first byte that says so, or `claimed` instead. */
export function padded(payload: Bytes, padding: number, claimed = padding): Buffer {
  return Buffer.concat([Buffer.from([claimed]), bytesOf(payload), Buffer.alloc(padding)]);
}

/** Takes whole frames off the front of `bytes`. */
export function takeFrames(bytes: Buffer): { readonly frames: Frame[]; readonly rest: Buffer } {
  const frames: Frame[] = [];
  let at = 0;
  while (bytes.length - at >= 9) {
    const length = bytes.readUIntBE(at, 3);
    if (bytes.length - at - 9 < length) break;
    frames.push({
      type: bytes[at + 3] as number,
      flags: bytes[at + 4] as number,
      stream: bytes.readUInt32BE(at + 5) & 0x7fffffff,
      payload: bytes.subarray(at + 9, at + 9 + length),
    });
    at += 9 + length;
  }
  return { frames, rest: bytes.subarray(at) };
}

/** The data of a DATA frame, or the fragment of HEADERS, without padding and priority. */
export function content(one: Frame): Buffer {
  let from = 0;
  let to = one.payload.length;
  if ((one.flags & flags.padded) !== 0) {
    from = 1;
    to -= one.payload[0] as number;
  }
  if (one.type === types.headers && (one.flags & flags.priority) !== 0) from += 5;
  return one.payload.subarray(from, to);
}

/** RST_STREAM's or GOAWAY's error code; -1 for other frames. */
export function codeOf(one: Frame): number {
  if (one.type === types.rst) return one.payload.readUInt32BE(0);
  return one.type === types.goaway ? one.payload.readUInt32BE(4) : -1;
}

/** A frame for people, in failing assertions. */
export function describeFrame(one: Frame): string {
  const name = Object.entries(types).find(([, type]) => type === one.type)?.[0] ?? `type ${one.type}`;
  const code = codeOf(one);
  const what = code >= 0 ? ` code ${code} ${one.payload.toString('latin1', 8)}` : ` ${one.payload.length} B`;
  return `${name} #${one.stream} flags ${one.flags}${what}`;
}
