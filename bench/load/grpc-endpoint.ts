/**
 * A gRPC endpoint over h2c that costs next to nothing: frames by hand, every call gets the same answer and headers are
 * never decoded. A request without a body gets a head and one byte at once and its end a second later. Run: grpc-endpoint.ts <port>
 */

import { createServer, type Socket } from 'node:net';
import { grpcMessage } from './grpc-message.ts';
import { type Frame, frame, frameFlags, frameTypes, PREFACE, readFrames, windowUpdate } from './h2-frames.ts';

const { endStream, endHeaders, ack } = frameFlags;

/** A literal field without indexing (RFC 7541 §6.2.2), name and value as they are. */
function literal(name: string, value: string): Buffer {
  return Buffer.from(
    `\0${String.fromCharCode(name.length)}${name}${String.fromCharCode(value.length)}${value}`,
  );
}

const STATUS_200 = Buffer.of(0x88);
const HEAD = Buffer.concat([STATUS_200, literal('content-type', 'application/grpc')]);
const TRAILERS = literal('grpc-status', '0');
const EMPTY = Buffer.alloc(0);
/** How long a request without a body is held, milliseconds: long enough to count who else is here. */
const HOLD_MS = 1_000;

/** One call's whole answer; only the stream's number is its own. */
const ANSWER = Buffer.concat([
  frame(frameTypes.headers, endHeaders, 0, HEAD),
  frame(frameTypes.data, 0, 0, grpcMessage),
  frame(frameTypes.headers, endHeaders | endStream, 0, TRAILERS),
]);
const STREAM_AT = [5, 9 + HEAD.length + 5, 9 + HEAD.length + 9 + grpcMessage.length + 5] as const;

function answer(stream: number): Buffer {
  const bytes = Buffer.from(ANSWER);
  for (const at of STREAM_AT) bytes.writeUInt32BE(stream, at);
  return bytes;
}

/** What a frame is answered with; credit for its DATA is counted in `read`. */
function reply(socket: Socket, { type, flags, stream, payload }: Frame): Buffer | undefined {
  switch (type) {
    case frameTypes.settings:
      return flags & ack ? undefined : frame(frameTypes.settings, ack, 0, EMPTY);
    case frameTypes.ping:
      return flags & ack ? undefined : frame(frameTypes.ping, ack, 0, payload);
    case frameTypes.headers:
      return flags & endStream ? hold(socket, stream) : undefined;
    case frameTypes.data:
      return flags & endStream ? answer(stream) : undefined;
    default:
      return undefined;
  }
}

function hold(socket: Socket, stream: number): Buffer {
  setTimeout(() => {
    if (socket.writable) socket.write(frame(frameTypes.data, endStream, stream, EMPTY));
  }, HOLD_MS);
  const head = frame(frameTypes.headers, endHeaders, stream, STATUS_200);
  return Buffer.concat([head, frame(frameTypes.data, 0, stream, Buffer.from('x'))]);
}

function serve(socket: Socket): void {
  let received: Buffer = EMPTY;
  let begun = false;
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.write(frame(frameTypes.settings, 0, 0, EMPTY));
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    if (!begun) {
      if (received.length < PREFACE.length) return;
      if (received.toString('latin1', 0, PREFACE.length) !== PREFACE) {
        socket.destroy();
        return;
      }
      begun = true;
      received = received.subarray(PREFACE.length);
    }
    const { frames, rest } = readFrames(received);
    received = rest;
    const credit = frames.reduce(
      (sum, { type, payload }) => sum + (type === frameTypes.data ? payload.length : 0),
      0,
    );
    const replies = frames.flatMap((one) => reply(socket, one) ?? []);
    if (credit > 0) replies.push(windowUpdate(0, credit));
    if (replies.length > 0) socket.write(Buffer.concat(replies));
  });
}

createServer(serve).listen(Number(process.argv[2]), '127.0.0.1');
