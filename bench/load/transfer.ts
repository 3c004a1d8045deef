/** One download or upload, timed. Run: transfer.ts <download|upload> <url> <bytes>; prints {"seconds", "bytes", "status"}. */

import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';

/** What one transfer came to; `bytes` are those that arrived. */
export interface TransferResult {
  readonly seconds: number;
  readonly bytes: number;
  readonly status: number;
}

const CHUNK = Buffer.alloc(256 * 1024, 'f');

/** Reads a body of `length` bytes from `<url>bytes/<length>`. */
async function download(url: string, length: number): Promise<Omit<TransferResult, 'seconds'>> {
  const sent = request(new URL(`bytes/${length}`, url)).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await once(response, 'end');
  return { bytes, status: response.statusCode ?? 0 };
}

/** Posts `length` bytes; the endpoint answers how many it got. */
async function upload(url: string, length: number): Promise<Omit<TransferResult, 'seconds'>> {
  const headers = { 'content-length': length, 'content-type': 'application/octet-stream' };
  const sent = request(url, { method: 'POST', headers });
  const answer = once(sent, 'response') as Promise<[IncomingMessage]>;
  for (let left = length; left > 0; left -= CHUNK.length) {
    if (!sent.write(left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK)) await once(sent, 'drain');
  }
  sent.end();
  const [response] = await answer;
  const text = (await response.setEncoding('utf8').toArray()).join('');
  return { bytes: Number(text), status: response.statusCode ?? 0 };
}

const [kind, url = '', bytes = ''] = process.argv.slice(2);
const begin = performance.now();
const result = await (kind === 'upload' ? upload : download)(url, Number(bytes));
const seconds = (performance.now() - begin) / 1_000;
console.log(JSON.stringify({ seconds, ...result } satisfies TransferResult));
