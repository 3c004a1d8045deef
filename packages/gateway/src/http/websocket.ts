/** The opening handshake of WebSocket (RFC 6455 §4): its key and the answer that proves it was read. */
import { createHash, randomBytes } from 'node:crypto';
import { getHeader, type Headers } from './headers.ts';

/** RFC 6455 §1.3. */
const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** What must come back for the Sec-WebSocket-Key among `headers`; '' without one, which nothing answers. */
export function acceptFor(headers: Headers): string {
  const key = getHeader(headers, 'sec-websocket-key');
  return key === undefined
    ? ''
    : createHash('sha1')
        .update(key + guid)
        .digest('base64');
}

/** A key for a handshake that had none: over HTTP/2 there is no such field (RFC 8441 §5.1). */
export function newKey(): string {
  return randomBytes(16).toString('base64');
}
