/** Node's own HTTP clients, for tests of what other implementations make of an answer. */
import { request as httpRequest } from 'node:http';
import { connect as http2Connect } from 'node:http2';
import {
  brotliDecompressSync,
  createBrotliDecompress,
  createGunzip,
  createZstdDecompress,
  gunzipSync,
  zstdDecompressSync,
} from 'node:zlib';

export interface Got {
  readonly status: number;
  /** Lower-case names; repeated fields are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly trailers: Readonly<Record<string, string>>;
}

export interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

export type Version = 'HTTP/1.1' | 'HTTP/2';

/** One request on a connection of its own. */
export function ask(port: number, version: Version, what: Ask = {}): Promise<Got> {
  return version === 'HTTP/1.1' ? askHttp1(port, what) : askHttp2(port, what);
}

function askHttp1(port: number, { method = 'GET', path = '/', headers = {}, body }: Ask): Promise<Got> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, host: '127.0.0.1', method, path, headers, agent: false });
    request.on('error', reject);
    request.on('response', (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('error', reject);
      response.on('end', () => {
        const fields = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(fields),
          body: Buffer.concat(pieces),
          trailers: response.trailers as Readonly<Record<string, string>>,
        });
      });
    });
    request.end(body);
  });
}

function askHttp2(port: number, { method = 'GET', path = '/', headers = {}, body }: Ask): Promise<Got> {
  return new Promise((resolve, reject) => {
    const session = http2Connect(`http://127.0.0.1:${port}`);
    session.on('error', reject);
    const stream = session.request({ ':method': method, ':path': path, ...headers });
    const pieces: Buffer[] = [];
    let status = 0;
    let fields: Readonly<Record<string, string>> = {};
    let trailers: Readonly<Record<string, string>> = {};
    stream.on('error', reject);
    stream.on('response', (head) => {
      status = Number(head[':status']);
      fields = Object.fromEntries(Object.entries(head).map(([name, value]) => [name, String(value)]));
    });
    stream.on('trailers', (got) => {
      trailers = Object.fromEntries(Object.entries(got).map(([name, value]) => [name, String(value)]));
    });
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    stream.on('end', () => {
      session.close();
      resolve({ status, headers: fields, body: Buffer.concat(pieces), trailers });
    });
    stream.end(body);
  });
}

/** The body as it was before its Content-Encoding. */
export function decoded({ headers, body }: Got): Buffer {
  switch (headers['content-encoding']) {
    case undefined:
      return body;
    case 'gzip':
      return gunzipSync(body);
    case 'br':
      return brotliDecompressSync(body);
    case 'zstd':
      return zstdDecompressSync(body);
    default:
      throw new Error(`unknown encoding ${headers['content-encoding']}`);
  }
}

/** A stream that decodes `encoding`. */
export function decoder(encoding: string) {
  if (encoding === 'gzip') return createGunzip();
  return encoding === 'br' ? createBrotliDecompress() : createZstdDecompress();
}
