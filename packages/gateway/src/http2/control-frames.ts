/** The small frames that keep a connection going. */
import type { FrameOutput } from './frame-output.ts';
import {
  ACK,
  END_STREAM,
  type ErrorCode,
  frameTypes,
  headBytes,
  writeFrameHead,
  writeUint32,
} from './frames.ts';
import { settingBytes, writeSettings } from './settings.ts';

const pingBytes = 8;
/** Of GOAWAY's words for people. */
const mostWords = 128;

export function writeSettingsFrame(
  output: FrameOutput,
  settings: readonly (readonly [id: number, value: number])[],
): void {
  const length = settings.length * settingBytes;
  const slab = output.reserve(headBytes + length);
  const at = writeFrameHead(slab, output.at, length, frameTypes.settings, 0, 0);
  output.at = writeSettings(slab, at, settings);
}

export function writeSettingsAck(output: FrameOutput): void {
  const slab = output.reserve(headBytes);
  output.at = writeFrameHead(slab, output.at, 0, frameTypes.settings, ACK, 0);
}

/** `payload`: 8 bytes at `from`. */
export function writePing(output: FrameOutput, payload: Buffer, from: number, ack: boolean): void {
  const slab = output.reserve(headBytes + pingBytes);
  const at = writeFrameHead(slab, output.at, pingBytes, frameTypes.ping, ack ? ACK : 0, 0);
  payload.copy(slab, at, from, from + pingBytes);
  output.at = at + pingBytes;
}

export function writeWindowUpdate(output: FrameOutput, streamId: number, bytes: number): void {
  writeNumber(output, frameTypes.windowUpdate, streamId, bytes);
}

export function writeReset(output: FrameOutput, streamId: number, code: ErrorCode): void {
  writeNumber(output, frameTypes.rstStream, streamId, code);
}

/** DATA that says no more than that the stream is over. */
export function writeEnd(output: FrameOutput, streamId: number): void {
  const slab = output.reserve(headBytes);
  output.at = writeFrameHead(slab, output.at, 0, frameTypes.data, END_STREAM, streamId);
}

function writeNumber(output: FrameOutput, type: number, streamId: number, value: number): void {
  const slab = output.reserve(headBytes + 4);
  const at = writeFrameHead(slab, output.at, 4, type, 0, streamId);
  writeUint32(slab, at, value);
  output.at = at + 4;
}

/** `words` are for whoever debugs the peer; never anything secret. */
export function writeGoAway(output: FrameOutput, lastStreamId: number, code: ErrorCode, words: string): void {
  const text = words.slice(0, mostWords);
  const length = 8 + text.length;
  const slab = output.reserve(headBytes + length);
  const at = writeFrameHead(slab, output.at, length, frameTypes.goAway, 0, 0);
  writeUint32(slab, at, lastStreamId);
  writeUint32(slab, at + 4, code);
  slab.write(text, at + 8, 'latin1');
  output.at = at + length;
}
