/** The one place where an error becomes a response: an RFC 9457 problem document with a stable code. */
import { errorKind, type GatewayErrorCode } from './errors.ts';
import { addHeader, type Headers } from './headers.ts';
import type { ResponseHead } from './message.ts';

/** Details about the gateway's inside stay inside: only what the client did wrong is told back. */
export function problemBody(code: GatewayErrorCode, detail: string): Buffer {
  const kind = errorKind(code);
  const told = kind.side === 'client' && detail !== '';
  return Buffer.from(
    JSON.stringify({
      type: `urn:ficus:${code}`,
      title: kind.title,
      status: kind.status,
      ...(told ? { detail } : {}),
      code,
    }),
  );
}

export function problemHead(code: GatewayErrorCode): ResponseHead {
  const status = errorKind(code).status;
  const headers: Headers = [];
  addHeader(headers, 'content-type', 'application/problem+json');
  addHeader(headers, 'cache-control', 'no-store');
  addHeader(headers, 'date', new Date().toUTCString());
  if (status === 503) addHeader(headers, 'retry-after', '1');
  if (status === 405) addHeader(headers, 'allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS');
  return { status, reason: '', headers };
}
