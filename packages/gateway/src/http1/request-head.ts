/** The text of a request head as it goes to an endpoint: framing and Host written by us and nobody else. */
import { UNKNOWN_LENGTH } from '../http/exchange.ts';
import { stride } from '../http/headers.ts';
import type { RequestHead } from '../http/message.ts';
import type { Endpoint } from '../service/endpoint.ts';

/** `upgrade`: the protocol to switch to, '' for none. */
export function requestHeadText(
  request: RequestHead,
  endpoint: Endpoint,
  bodyLength: number,
  upgrade: string,
): string {
  const owner = endpoint.owner;
  const model = endpoint.model;
  const path = model.preservePath && model.path !== '' ? model.path + request.path : request.path;
  const host =
    owner.passHostHeader && request.authority !== ''
      ? request.authority
      : hostOf(model.host, model.port, model.scheme);
  const target = request.query === undefined ? path : `${path}?${request.query}`;
  let text = `${request.method} ${target} HTTP/1.1\r\nHost: ${host}\r\n`;
  const headers = request.headers;
  const ownNames = owner.ownNames;
  for (let i = 0; i < headers.length; i += stride) {
    if (ownNames?.has(headers[i] as string)) continue;
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

function hostOf(host: string, port: number, scheme: string): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === (scheme === 'https' ? 443 : 80) ? name : `${name}:${port}`;
}
