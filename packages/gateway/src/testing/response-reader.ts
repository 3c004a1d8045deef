/** A small response parser of the tests' own, so that the codec is never judged by itself. */

export interface ReadResponse {
  readonly status: number;
  readonly reason: string;
  /** Lower-case names; repeated fields are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly trailers: Readonly<Record<string, string>>;
  /** True when only the close of the connection ended the body. */
  readonly untilClose: boolean;
}

interface Taken {
  readonly response: ReadResponse;
  readonly size: number;
}

/** The first response in `bytes`, or undefined while it is incomplete. `closed`: no more will come. */
export function takeResponse(bytes: Buffer, method: string, closed: boolean): Taken | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [line = '', ...fields] = bytes.toString('latin1', 0, end).split('\r\n');
  const match = /^HTTP\/1\.1 (\d{3}) ?(.*)$/.exec(line);
  if (match === null) throw new Error(`not a status line: ${JSON.stringify(line)}`);
  const headers = parseFields(fields);
  const status = Number(match[1]);
  const make = (body: Buffer, size: number, trailers = {}, untilClose = false): Taken => ({
    response: { status, reason: match[2] ?? '', headers, body, trailers, untilClose },
    size,
  });
  const from = end + 4;
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304)
    return make(Buffer.alloc(0), from);
  if (headers['transfer-encoding'] === 'chunked') {
    const body = takeChunked(bytes, from);
    return body === undefined ? undefined : make(body.data, body.end, body.trailers);
  }
  if (headers['content-length'] !== undefined) {
    const length = Number(headers['content-length']);
    return bytes.length < from + length
      ? undefined
      : make(bytes.subarray(from, from + length), from + length);
  }
  return closed ? make(bytes.subarray(from), bytes.length, {}, true) : undefined;
}

function takeChunked(bytes: Buffer, from: number) {
  const pieces: Buffer[] = [];
  let at = from;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const text = bytes.toString('latin1', at, lineEnd);
    if (!/^[0-9a-f]+$/.test(text)) throw new Error(`not a chunk size: ${JSON.stringify(text)}`);
    const size = Number.parseInt(text, 16);
    at = lineEnd + 2;
    if (size === 0) break;
    if (bytes.length < at + size + 2) return undefined;
    pieces.push(bytes.subarray(at, at + size));
    if (bytes.toString('latin1', at + size, at + size + 2) !== '\r\n')
      throw new Error('chunk without its end');
    at += size + 2;
  }
  const fields: string[] = [];
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const line = bytes.toString('latin1', at, lineEnd);
    at = lineEnd + 2;
    if (line === '') return { data: Buffer.concat(pieces), end: at, trailers: parseFields(fields) };
    fields.push(line);
  }
}

function parseFields(lines: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0) throw new Error(`not a field: ${JSON.stringify(line)}`);
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    fields[name] = fields[name] === undefined ? value : `${fields[name]}, ${value}`;
  }
  return fields;
}
