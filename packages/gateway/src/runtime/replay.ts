/** Whether a request may be sent again, and the part of its body that would be needed for it. */
import type { ClientRequest } from '../http/client-request.ts';
import type { Headers } from '../http/headers.ts';
import { hasHeader } from '../http/headers.ts';
import { Pieces } from '../http/pieces.ts';

/** RFC 9110 §9.2.2, or the client vouches for it with an Idempotency-Key. */
export function isIdempotent(method: string, headers: Headers): boolean {
  switch (method) {
    case 'GET':
    case 'HEAD':
    case 'OPTIONS':
    case 'PUT':
    case 'DELETE':
      return true;
    default:
      return hasHeader(headers, 'idempotency-key');
  }
}

/** What was read of a body, as long as it is no more than may be kept. */
export class BodyReplay {
  readonly #chunks = new Pieces();
  #bytes = 0;
  #most: number;
  /** All that was read of the body is still here. */
  whole = true;

  /** `most`: bytes kept for another attempt; a request that has sent more is not sent again. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Keeps so much, if that is more. */
  allow(most: number): void {
    if (most > this.#most) this.#most = most;
  }

  /** Keeps `chunk`. `needed`: no connection has it yet, so it is kept whatever its size. */
  keep(chunk: Buffer, needed: boolean): void {
    if (!this.whole) return;
    this.#bytes += chunk.length;
    if (this.#bytes > this.#most && !needed) {
      this.whole = false;
      this.#chunks.clear();
      return;
    }
    // Valid only now: the memory is read into again.
    this.#chunks.add(chunk, false);
  }

  send(connection: Pick<ClientRequest, 'write'>): void {
    for (const chunk of this.#chunks.all()) connection.write(chunk);
  }

  /** What is here so far, for those who come late; chunks are shared and stay as they are. */
  repeat(to: readonly { body(chunk: Buffer): void }[]): void {
    for (const chunk of this.#chunks.all()) for (const each of to) each.body(chunk);
  }
}
