/** The one place where an error becomes a response: an RFC 9457 problem document with a stable code. */
import { errorKind, type GatewayErrorCode } from './errors.ts';
import type { Exchange, RefusalForm } from './exchange.ts';
import { addHeader, type Headers } from './headers.ts';
import type { ResponseHead } from './message.ts';

/** On an uplink response: the gateway at the other end made it, and no endpoint has answered. */
export const errorHeader = 'ficus-error';

/** Details about the gateway's inside stay inside: only what the client did wrong is told back. */
function problemBody(code: GatewayErrorCode, status: number, detail: string): Buffer {
  const kind = errorKind(code);
  const told = (kind.side === 'client' || kind.side === 'policy') && detail !== '';
  return Buffer.from(
    JSON.stringify({
      type: `urn:ficus:${code}`,
      title: kind.title,
      status,
      ...(told ? { detail } : {}),
      code,
    }),
  );
}

/** `toGateway`: the client is a gateway of ours, which is told the code in a field it understands. */
function problemHead(code: GatewayErrorCode, status: number, toGateway: boolean): ResponseHead {
  const headers: Headers = [];
  addHeader(headers, 'content-type', 'application/problem+json');
  addHeader(headers, 'cache-control', 'no-store');
  addHeader(headers, 'date', new Date().toUTCString());
  if (status === 503) addHeader(headers, 'retry-after', '1');
  if (status === 405) addHeader(headers, 'allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS');
  if (toGateway) addHeader(headers, errorHeader, code);
  return { status, reason: '', headers };
}

/** Answers `exchange` with the whole problem document of `code`. */
export function answerProblem(
  exchange: Exchange,
  code: GatewayErrorCode,
  detail: string,
  form?: RefusalForm,
): void {
  const status = form?.status ?? errorKind(code).status;
  const body = problemBody(code, status, detail);
  const head = problemHead(code, status, exchange.facts.peerUri !== '');
  if (form?.headers !== undefined) head.headers.push(...form.headers);
  exchange.respond(head, body.length);
  exchange.write(body);
  exchange.end(undefined);
}
