/** One cookie of a request (RFC 6265 §4.2), found without taking the others apart. */
import { type Headers, stride } from '../../http/headers.ts';

/** The value of the first cookie called `name`, without quotes around it; undefined when there is none. */
export function cookieValue(headers: Headers, name: string): string | undefined {
  for (let i = 0; i < headers.length; i += stride) {
    if (headers[i] !== 'cookie') continue;
    const value = valueIn(headers[i + 1] as string, name);
    if (value !== undefined) return value;
  }
  return undefined;
}

function valueIn(cookies: string, name: string): string | undefined {
  for (let at = cookies.indexOf(name); at >= 0; at = cookies.indexOf(name, at + 1)) {
    const equals = at + name.length;
    // 0x3d: `=`. A name that only ends like this one, or a value that holds it, does not count.
    if (cookies.charCodeAt(equals) !== 0x3d || !beginsAt(cookies, at)) continue;
    const semicolon = cookies.indexOf(';', equals);
    return unquoted(cookies, equals + 1, semicolon < 0 ? cookies.length : semicolon);
  }
  return undefined;
}

/** Whether a cookie begins at `at`: nothing but blanks between it and the one before. */
function beginsAt(cookies: string, at: number): boolean {
  let before = at - 1;
  while (before >= 0 && isBlank(cookies.charCodeAt(before))) before--;
  // 0x3b: `;`.
  return before < 0 || cookies.charCodeAt(before) === 0x3b;
}

function unquoted(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  // 0x22: `"`.
  if (end - start >= 2 && text.charCodeAt(start) === 0x22 && text.charCodeAt(end - 1) === 0x22)
    return text.slice(start + 1, end - 1);
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 9;
}
