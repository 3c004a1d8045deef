/** What both redirects share: the URL that the client asked for, and the answer that sends it elsewhere. */
import type { Headers } from '../http/headers.ts';
import type { RequestHead } from '../http/message.ts';
import type { Refusal, Reply } from './middleware.ts';

const phrases = new Map([
  [301, 'Moved Permanently'],
  [302, 'Found'],
  [307, 'Temporary Redirect'],
  [308, 'Permanent Redirect'],
]);
const bodies = new Map([...phrases].map(([status, phrase]) => [status, Buffer.from(phrase)] as const));

const badLocation: Refusal = { code: 'request.malformed', detail: 'it leads to no address' };

/** Path and query of a request, as they are now. */
export function targetOf(head: RequestHead): string {
  const path = head.path === '*' ? '' : head.path;
  return head.query === undefined ? path : `${path}?${head.query}`;
}

/** Other methods than GET keep theirs, as in Traefik. */
export function redirectTo(location: string, method: string, permanent: boolean): Reply | Refusal {
  const value = fieldValue(location);
  if (value === undefined) return badLocation;
  const status = method === 'GET' ? (permanent ? 301 : 302) : permanent ? 308 : 307;
  const headers: Headers = ['location', value, 'Location', 'date', new Date().toUTCString(), 'Date'];
  return { status, headers, body: bodies.get(status) as Buffer };
}

/** Blanks and text beyond ASCII percent-encoded; undefined when there is a control character: it would end the field. */
function fieldValue(location: string): string | undefined {
  let plain = true;
  for (let i = 0; i < location.length; i++) {
    const code = location.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return undefined;
    if (code === 0x20 || code > 0x7f) plain = false;
  }
  if (plain) return location;
  return location.toWellFormed().replaceAll(/[ \u0080-\uffff]+/g, (text) => encodeURIComponent(text));
}
