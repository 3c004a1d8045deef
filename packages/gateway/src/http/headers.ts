/**
 * Header fields as one flat array `[lower-case name, value, name as written, …]`: parsed once, no objects per field,
 * order and duplicates kept, and the original spelling at hand for endpoints that care.
 */
export type Headers = string[];

/** Fields per entry of the flat array. */
export const stride = 3;

/** The first value of `name` (lower-case), or undefined. */
export function getHeader(headers: Headers, name: string): string | undefined {
  for (let i = 0; i < headers.length; i += stride) {
    if (headers[i] === name) return headers[i + 1];
  }
  return undefined;
}

export function hasHeader(headers: Headers, name: string): boolean {
  return getHeader(headers, name) !== undefined;
}

/** Adds a field; `name` as it shall be written. */
export function addHeader(headers: Headers, name: string, value: string): void {
  headers.push(name.toLowerCase(), value, name);
}

/** Removes the first field called `name` (lower-case) and returns its value; undefined when there is none. */
export function takeHeader(headers: Headers, name: string): string | undefined {
  for (let i = 0; i < headers.length; i += stride) {
    if (headers[i] !== name) continue;
    const value = headers[i + 1];
    headers.copyWithin(i, i + stride);
    headers.length -= stride;
    return value;
  }
  return undefined;
}

/** Removes every field called `name` (lower-case) in place. */
export function deleteHeader(headers: Headers, name: string): void {
  let to = 0;
  for (let i = 0; i < headers.length; i += stride) {
    if (headers[i] === name) continue;
    if (to !== i) {
      headers[to] = headers[i] as string;
      headers[to + 1] = headers[i + 1] as string;
      headers[to + 2] = headers[i + 2] as string;
    }
    to += stride;
  }
  headers.length = to;
}
