/** Takes bytes from an endpoint's socket and finds response heads in them, within the limits. */
import { responseFraming } from './framing.ts';
import { type ParsedHead, parseResponseHead } from './parse-head.ts';

const headEnd = Buffer.from('\r\n\r\n');
const maxHeadBytes = 65536;
const maxHeadFields = 256;

export class ResponseReader {
  #kept: Buffer | undefined;
  #searched = 0;

  /** What is unread with `chunk` behind it; the result may be `chunk` itself. */
  join(chunk: Buffer): Buffer {
    const kept = this.#kept;
    this.#kept = undefined;
    return kept === undefined ? chunk : Buffer.concat([kept, chunk]);
  }

  /** Length of the next head with its empty line, 0 while it is incomplete (its bytes are kept), -1 when it is too long. */
  headLength(buffer: Buffer): number {
    const end = buffer.indexOf(headEnd, Math.max(0, this.#searched - 3));
    if (end > maxHeadBytes || (end < 0 && buffer.length > maxHeadBytes)) return -1;
    if (end >= 0) {
      this.#searched = 0;
      return end + 4;
    }
    this.#searched = buffer.length;
    // The buffer's memory is read into again: what is kept is copied.
    this.#kept = Buffer.from(buffer);
    return 0;
  }
}

/** The head in the first `length` bytes with its body's framing, or why it is malformed. */
export function readResponse(
  buffer: Buffer,
  length: number,
  method: string,
): { head: ParsedHead; framing: number } | string {
  const head = parseResponseHead(buffer.toString('latin1', 0, length - 2), maxHeadFields);
  if (typeof head === 'string') return 'the response head breaks RFC 9112';
  if (head.status < 200) {
    const framed = head.contentLength >= 0 || head.transferEncoding !== undefined;
    return framed ? 'an interim response with a body' : { head, framing: 0 };
  }
  const framing = responseFraming(head, method);
  return typeof framing === 'string' ? 'the response framing is ambiguous' : { head, framing };
}
