/** A node:http2 client for tests: one answer with everything that came with it. */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
} from 'node:http2';

/** One whole answer. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Heads of 1xx answers before it. */
  readonly informed: readonly IncomingHttpHeaders[];
  readonly trailers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Ask {
  readonly body?: string | Buffer | AsyncIterable<Buffer>;
  /** Sent after the body. */
  readonly trailers?: OutgoingHttpHeaders;
  /** The body of the answer goes here and is not kept. */
  readonly take?: (chunk: Buffer) => void;
}

/** A session that is open; errors of it are those of its streams. */
export async function openSession(
  url: string,
  options: SecureClientSessionOptions = {},
): Promise<ClientHttp2Session & AsyncDisposable> {
  const session = connect(url, options);
  const open = Promise.withResolvers<void>();
  session.once('connect', () => open.resolve());
  session.on('error', (error) => open.reject(error));
  await open.promise;
  return Object.assign(session, {
    async [Symbol.asyncDispose]() {
      session.destroy();
    },
  });
}

/** Sends one request and reads the whole answer; rejects when the stream or the session breaks. */
export async function ask(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders | string,
  { body, trailers, take }: Ask = {},
): Promise<Answer> {
  const head = typeof headers === 'string' ? { ':path': headers } : headers;
  const stream = session.request(head, {
    endStream: body === undefined && trailers === undefined,
    waitForTrailers: trailers !== undefined,
  });
  if (trailers !== undefined) stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  const answer = read(stream, take);
  // Only the answer's promise says that the stream broke; an upload in its middle learns it from there.
  answer.catch(() => undefined);
  if (typeof body === 'string' || Buffer.isBuffer(body)) stream.end(body);
  else if (body !== undefined) await pour(stream, body);
  else if (trailers !== undefined) stream.end();
  return answer;
}

/** Node closes no stream whose reset without an error came before its `end`, as long as one of its writes waits: `aborted` says it. */
const goesOn = ['drain', 'aborted', 'close'];

/** Writes all of `body` as far as the stream takes it. */
export async function pour(stream: ClientHttp2Stream, body: AsyncIterable<Buffer>): Promise<void> {
  for await (const piece of body) {
    if (stream.writableEnded || stream.closed || stream.destroyed) return;
    if (!stream.write(piece))
      await new Promise<void>((resolve) => {
        const done = () => {
          for (const event of goesOn) stream.off(event, done);
          resolve();
        };
        for (const event of goesOn) stream.once(event, done);
      });
  }
  if (!stream.closed && !stream.destroyed) stream.end();
}

/** Reads the answer on a stream to its end. */
export function read(stream: ClientHttp2Stream, take?: (chunk: Buffer) => void): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const informed: IncomingHttpHeaders[] = [];
    let head: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    let ended = false;
    stream.on('headers', (headers) => informed.push(headers));
    stream.on('response', (headers) => {
      head = headers;
    });
    stream.on('trailers', (headers) => {
      trailers = headers;
    });
    stream.on('data', take ?? ((chunk: Buffer) => chunks.push(chunk)));
    stream.on('end', () => {
      ended = true;
      // Its `close` may never come, as `goesOn` has it.
      if (stream.closed) settle();
    });
    stream.on('error', reject);
    stream.on('close', () => settle());
    const settle = () => {
      if (!ended || head[':status'] === undefined)
        reject(new Error(`the stream was closed before its answer was whole (code ${stream.rstCode})`));
      else
        resolve({
          status: Number(head[':status']),
          headers: head,
          informed,
          trailers,
          body: Buffer.concat(chunks),
        });
    };
  });
}
