/** What the gateway at the other end of an uplink says of a request that it refused. */
import { type GatewayErrorCode, isErrorCode } from '../http/errors.ts';
import { getHeader, takeHeader } from '../http/headers.ts';
import type { ResponseHead } from '../http/message.ts';
import { errorHeader } from '../http/respond.ts';

/** No endpoint has seen the request. */
const notSent = new Set<GatewayErrorCode>([
  'service.no-endpoint',
  'service.unavailable',
  'endpoint.dial',
  'endpoint.dial-timeout',
  'endpoint.tls',
  'gateway.draining',
  'uplink.unknown',
]);

/**
 * Takes the code out of `head`. Only a gateway of ours may say it: from anybody else it goes no further. `keep`: it is this
 * gateway's own, and its client is one too.
 */
export function takeRefusal(head: ResponseHead, keep = false): GatewayErrorCode | undefined {
  const code = keep ? getHeader(head.headers, errorHeader) : takeHeader(head.headers, errorHeader);
  return code !== undefined && isErrorCode(code) ? code : undefined;
}

/** Whether `code` means that no endpoint has seen the request: another leg may still serve it. */
export function nothingSent(code: GatewayErrorCode): boolean {
  return notSent.has(code);
}
