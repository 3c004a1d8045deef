/** The text of a response head: hop-by-hop fields left out, framing written by us and nobody else. */
import { stride } from '../http/headers.ts';
import { removeConnectionFields } from '../http/hop-by-hop.ts';
import type { ResponseHead } from '../http/message.ts';

const reasons: Readonly<Record<number, string>> = {
  100: 'Continue',
  101: 'Switching Protocols',
  103: 'Early Hints',
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  206: 'Partial Content',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Content Too Large',
  414: 'URI Too Long',
  417: 'Expectation Failed',
  421: 'Misdirected Request',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
};

/**
 * Status line and fields with the empty line. `length`: body bytes, -1 chunked, anything less writes no framing field;
 * `keepLength` keeps an endpoint's own Content-Length (HEAD, 304); `connection`: '' for nothing to say.
 */
export function responseHeadText(
  head: ResponseHead,
  length: number,
  keepLength: boolean,
  connection: string,
): string {
  const headers = head.headers;
  const status = head.status;
  let text = `HTTP/1.1 ${status} ${head.reason === '' ? (reasons[status] ?? '') : head.reason}\r\n`;
  for (let i = 0; i < headers.length; i += stride) {
    switch (headers[i]) {
      case 'connection':
        if (!plainConnection(headers[i + 1] as string)) {
          removeConnectionFields(headers);
          return responseHeadText(head, length, keepLength, connection);
        }
        continue;
      case 'keep-alive':
      case 'proxy-connection':
      case 'transfer-encoding':
      case 'upgrade':
        continue;
      case 'content-length':
        if (!keepLength) continue;
        break;
      default:
    }
    text += `${headers[i + 2]}: ${headers[i + 1]}\r\n`;
  }
  if (length >= 0) text += `content-length: ${length}\r\n`;
  else if (length === -1) text += 'transfer-encoding: chunked\r\n';
  return connection === '' ? `${text}\r\n` : `${text}connection: ${connection}\r\n\r\n`;
}

/** Whether a Connection value names no other field. */
function plainConnection(value: string): boolean {
  if (value === 'keep-alive' || value === 'close') return true;
  const lower = value.toLowerCase();
  return lower === 'keep-alive' || lower === 'close';
}
