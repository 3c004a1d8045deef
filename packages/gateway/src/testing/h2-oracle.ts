/** An HTTP/1.1 endpoint that forgives nothing: it answers well-formed requests and writes down every other byte as a fault. */
import { scriptedEndpoint, type TestEndpoint } from './endpoints.ts';

export interface OracleRequest {
  readonly line: string;
  /** Lower-case names. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly trailers: readonly (readonly [name: string, value: string])[];
}

export interface OracleEndpoint extends TestEndpoint {
  readonly requests: readonly OracleRequest[];
  /** What was no well-formed request, and why. */
  readonly faults: readonly string[];
}

const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const requestLine = new RegExp(`^${token} (/[!-~]*|\\*) HTTP/1\\.1$`);
const fieldLine = new RegExp(
  `^(${token}):[ ]?(?:([!-~\\x80-\\xff](?:[\\t -~\\x80-\\xff]*[!-~\\x80-\\xff])?)?)$`,
);

class Fault extends Error {}

/** Takes one whole request off `text` at `from`; undefined while it is incomplete, a Fault when it never will be. */
function take(
  text: string,
  from: number,
): { readonly request: OracleRequest; readonly end: number } | undefined {
  const headEnd = text.indexOf('\r\n\r\n', from);
  if (headEnd < 0) return undefined;
  const [line = '', ...lines] = text.slice(from, headEnd).split('\r\n');
  if (!requestLine.test(line)) throw new Fault(`request line ${JSON.stringify(line)}`);
  const fields = parse(lines);
  const all = (name: string) => fields.filter(([field]) => field === name).map(([, value]) => value);
  if (all('host').length !== 1) throw new Fault(`${all('host').length} hosts`);
  const lengths = all('content-length');
  const codings = all('transfer-encoding');
  if (lengths.length + codings.length > 1) throw new Fault('framed twice');
  let at = headEnd + 4;
  if (codings.length > 0) {
    if (codings[0] !== 'chunked') throw new Fault(`transfer-encoding ${codings[0]}`);
    let body = '';
    for (;;) {
      const lineEnd = text.indexOf('\r\n', at);
      if (lineEnd < 0) return undefined;
      const size = text.slice(at, lineEnd);
      if (!/^[0-9a-fA-F]{1,8}$/.test(size)) throw new Fault(`chunk size ${JSON.stringify(size)}`);
      const bytes = Number.parseInt(size, 16);
      at = lineEnd + 2;
      if (bytes === 0) break;
      if (text.length < at + bytes + 2) return undefined;
      body += text.slice(at, at + bytes);
      if (text.slice(at + bytes, at + bytes + 2) !== '\r\n') throw new Fault('a chunk without its end');
      at += bytes + 2;
    }
    const none = text.startsWith('\r\n', at);
    const end = none ? at : text.indexOf('\r\n\r\n', at);
    if (end < 0 || text.length < at + 2) return undefined;
    const trailers = none ? [] : parse(text.slice(at, end).split('\r\n'));
    return { request: { line, fields, body, trailers }, end: end + (none ? 2 : 4) };
  }
  const length = lengths[0] ?? '0';
  if (!/^(0|[1-9][0-9]{0,9})$/.test(length)) throw new Fault(`content-length ${JSON.stringify(length)}`);
  if (text.length < at + Number(length)) return undefined;
  const body = text.slice(at, at + Number(length));
  at += Number(length);
  return { request: { line, fields, body, trailers: [] }, end: at };
}

function parse(lines: readonly string[]): [string, string][] {
  return lines.map((line) => {
    const match = fieldLine.exec(line);
    if (match === null) throw new Fault(`field ${JSON.stringify(line)}`);
    return [(match[1] as string).toLowerCase(), match[2] ?? ''];
  });
}

/** Answers each request 200 with `x-oracle: yes`. */
export async function oracleEndpoint(): Promise<OracleEndpoint> {
  const requests: OracleRequest[] = [];
  const faults: string[] = [];
  const read = new Map<number, number>();
  const endpoint = await scriptedEndpoint((peer) => {
    try {
      for (;;) {
        const taken = take(peer.text(), read.get(peer.index) ?? 0);
        if (taken === undefined) return;
        read.set(peer.index, taken.end);
        requests.push(taken.request);
        peer.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Oracle: yes\r\n\r\nok');
      }
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      faults.push(error.message);
      peer.socket.destroy();
    }
  });
  return Object.assign(endpoint, { requests, faults });
}
