/** The answer of an endpoint that switches to WebSocket (RFC 6455 §4.2.2). */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** The head of the 101 that `request` is entitled to. */
export function switching(request: IncomingMessage): string {
  const key = request.headers['sec-websocket-key'] ?? '';
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  return `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`;
}
