/** The part of a file that a `Range` header asks for (RFC 9110 §14.2). */
import { FicusError } from '@ficus/common/errors.ts';

/** From `start` up to, not including, `end`. */
export interface Part {
  readonly start: number;
  readonly end: number;
}

/**
 * Undefined for the whole file: without the header, with several ranges, and with one that is none. Throws
 * `install.range` (416) for one that lies behind the end.
 */
export function rangeOf(header: string | undefined, bytes: number): Part | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), bytes);
    if (length === 0) throw behind(bytes);
    return { start: bytes - length, end: bytes };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= bytes) throw behind(bytes);
  return { start, end: last === '' ? bytes : Math.min(Number(last) + 1, bytes) };
}

function behind(bytes: number): FicusError {
  return new FicusError('install.range', `want a range within ${bytes} bytes, found one behind their end`, {
    status: 416,
    remedy: 'the file is complete, or another: ask for all of it',
  });
}
