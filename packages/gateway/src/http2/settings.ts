/** SETTINGS as both sides say them (RFC 9113 §6.5). */
import {
  defaultWindow,
  type ErrorCode,
  errorCodes,
  leastFrameBytes,
  mostWindow,
  readUint32,
  settingIds,
  writeUint32,
} from './frames.ts';

/** What the peer said, or the defaults until it did. */
export class PeerSettings {
  headerTableBytes = 4096;
  maxConcurrentStreams = Number.POSITIVE_INFINITY;
  initialWindow = defaultWindow;
  maxFrameBytes = leastFrameBytes;
  maxHeaderListBytes = Number.POSITIVE_INFINITY;
  connectProtocol = false;

  /** Takes one setting; the error code that ends the connection when its value is not allowed, else undefined. */
  take(id: number, value: number, fromServer: boolean): ErrorCode | undefined {
    switch (id) {
      case settingIds.headerTableSize:
        this.headerTableBytes = value;
        return undefined;
      case settingIds.enablePush:
        // A server may only say 0.
        if (value > 1 || (fromServer && value === 1)) return errorCodes.protocolError;
        return undefined;
      case settingIds.maxConcurrentStreams:
        this.maxConcurrentStreams = value;
        return undefined;
      case settingIds.initialWindowSize:
        if (value > mostWindow) return errorCodes.flowControlError;
        this.initialWindow = value;
        return undefined;
      case settingIds.maxFrameSize:
        if (value < leastFrameBytes || value > 0xffffff) return errorCodes.protocolError;
        this.maxFrameBytes = value;
        return undefined;
      case settingIds.maxHeaderListSize:
        this.maxHeaderListBytes = value;
        return undefined;
      case settingIds.enableConnectProtocol:
        // RFC 8441 §3: once said, never taken back.
        if (value > 1 || (this.connectProtocol && value === 0)) return errorCodes.protocolError;
        this.connectProtocol = value === 1;
        return undefined;
      default:
        return undefined;
    }
  }
}

/** Bytes of one setting. */
export const settingBytes = 6;

/** The payload of a SETTINGS frame with these `[id, value]` pairs. */
export function writeSettings(
  out: Buffer,
  start: number,
  settings: readonly (readonly [number, number])[],
): number {
  let at = start;
  for (const [id, value] of settings) {
    out[at] = id >>> 8;
    out[at + 1] = id;
    writeUint32(out, at + 2, value);
    at += settingBytes;
  }
  return at;
}

/** Calls `take` with each setting of a payload; stops at the first error code it returns. */
export function readSettings(
  bytes: Buffer,
  from: number,
  to: number,
  take: (id: number, value: number) => ErrorCode | undefined,
): ErrorCode | undefined {
  for (let at = from; at < to; at += settingBytes) {
    const error = take(((bytes[at] as number) << 8) | (bytes[at + 1] as number), readUint32(bytes, at + 2));
    if (error !== undefined) return error;
  }
  return undefined;
}
