/** The text of a request head as it goes to an endpoint: framing and Host written by us and nobody else. */
import { type Destination, endpointAuthority, endpointPath, withheldNames } from '../http/client-request.ts';
import { UNKNOWN_LENGTH } from '../http/exchange.ts';
import { stride } from '../http/headers.ts';
import type { RequestHead } from '../http/message.ts';

/** `upgrade`: the protocol to switch to, '' for none. */
export function requestHeadText(
  request: RequestHead,
  endpoint: Destination,
  bodyLength: number,
  upgrade: string,
): string {
  const owner = endpoint.owner;
  const target = endpointPath(request, endpoint);
  let text = `${request.method} ${target} HTTP/1.1\r\nHost: ${endpointAuthority(request, endpoint)}\r\n`;
  const headers = request.headers;
  const withheld = withheldNames(request, endpoint);
  for (let i = 0; i < headers.length; i += stride) {
    if (withheld?.has(headers[i] as string)) continue;
    text += `${headers[i + 2]}: ${headers[i + 1]}\r\n`;
  }
  text += owner.ownFields;
  if (bodyLength > 0) text += `Content-Length: ${bodyLength}\r\n`;
  else if (bodyLength === UNKNOWN_LENGTH) text += 'Transfer-Encoding: chunked\r\n';
  else if (request.method === 'POST' || request.method === 'PUT' || request.method === 'PATCH')
    text += 'Content-Length: 0\r\n';
  if (upgrade !== '') text += `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n`;
  return `${text}\r\n`;
}
