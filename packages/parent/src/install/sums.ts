/** SHA-256 of files, piece by piece: an executable of 121 MiB costs 64 KiB. */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { Writable } from 'node:stream';

/** Bytes of a piece. */
export const pieceBytes = 64 * 1024;

export interface Sum {
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

/**
 * The pieces of an open file from `start` up to, not including, `end`. One buffer serves all of them: use each
 * before asking for the next. Ends early where the file does, and throws when `signal` is aborted.
 */
export async function* pieces(
  handle: FileHandle,
  {
    start = 0,
    end = Number.POSITIVE_INFINITY,
    signal,
  }: { start?: number; end?: number; signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Buffer, void, undefined> {
  const buffer = Buffer.allocUnsafeSlow(pieceBytes);
  for (let at = start; at < end; ) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, end - at), at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Of a whole open file. */
export async function sumOf(handle: FileHandle, signal?: AbortSignal): Promise<Sum> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of pieces(handle, { signal })) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/**
 * How many bytes an open gzip file says that it holds (RFC 1952 §2.3.1, modulo 2^32); undefined when it is none. Unpacking
 * 121 MiB to be sure would cost the parent 40 MiB of memory: that is for the machine that installs it.
 */
export async function bytesWithin(handle: FileHandle, bytes: number): Promise<number | undefined> {
  if (bytes < 18) return undefined;
  const ends = Buffer.alloc(6);
  await handle.read(ends, 0, 2, 0);
  await handle.read(ends, 2, 4, bytes - 4);
  return ends.readUInt16BE(0) === 0x1f8b ? ends.readUInt32LE(2) : undefined;
}

/** Writes a whole open file, and the end. Waits for each piece to be taken, so that one buffer is enough. */
export async function feed(handle: FileHandle, into: Writable, signal?: AbortSignal): Promise<void> {
  for await (const piece of pieces(handle, { signal })) {
    await new Promise<void>((taken, failed) => {
      into.write(piece, (error) => (error ? failed(error) : taken()));
    });
  }
  into.end();
}
