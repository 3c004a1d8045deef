/** Takes bytes from an endpoint's socket and finds response heads in them, within the limits. */
import { responseFraming } from './framing.ts';
import { HeadText } from './head-text.ts';
import { type ParsedHead, parseResponseHead } from './parse-head.ts';

const maxHeadBytes = 65536;
const maxHeadFields = 256;

export class ResponseReader {
  #kept: Buffer | undefined;
  readonly #head = new HeadText();

  /** What is unread with `chunk` behind it; the result may be `chunk` itself. */
  join(chunk: Buffer): Buffer {
    const kept = this.#kept;
    this.#kept = undefined;
    return kept === undefined ? chunk : Buffer.concat([kept, chunk]);
  }

  /** Length of the next head with its empty line, 0 while it is incomplete (its bytes are kept), -1 when it is too long. */
  headLength(buffer: Buffer): number {
    const length = this.#head.find(buffer);
    if (length > maxHeadBytes || (length === 0 && buffer.length > maxHeadBytes)) return -1;
    if (length > 0) return length;
    this.#head.searched = buffer.length;
    // The buffer's memory is read into again: what is kept is copied.
    this.#kept = Buffer.from(buffer);
    return 0;
  }

  /** The head found last with its body's framing, or why it is malformed. */
  read(method: string): { head: ParsedHead; framing: number } | string {
    const head = parseResponseHead(this.#head.text, maxHeadFields);
    if (typeof head === 'string') return 'the response head breaks RFC 9112';
    if (head.status < 200) {
      const framed = head.contentLength >= 0 || head.transferEncoding !== undefined;
      return framed ? 'an interim response with a body' : { head, framing: 0 };
    }
    const framing = responseFraming(head, method);
    return typeof framing === 'string' ? 'the response framing is ambiguous' : { head, framing };
  }
}
