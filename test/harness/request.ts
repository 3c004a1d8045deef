/** One request at a time, for looking at single answers. */
import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** The `x-served-by` header: who answered. */
  readonly servedBy: string | undefined;
  /** The stable code of a problem document. */
  readonly code: string | undefined;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
  readonly socketPath?: string;
  /** Default 10000. */
  readonly timeoutMs?: number;
}

/** Sends one request on a connection of its own and reads the whole answer. */
export function send(url: string, options: RequestOptions = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      url,
      {
        method: options.method ?? 'GET',
        headers: options.headers ?? {},
        agent: false,
        timeout: options.timeoutMs ?? 10_000,
        ...(options.socketPath === undefined ? {} : { socketPath: options.socketPath }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const body = Buffer.concat(chunks).toString('utf8');
          const servedBy = response.headers['x-served-by'];
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body,
            servedBy: typeof servedBy === 'string' ? servedBy : undefined,
            code: /"code":\s*"([^"]+)"/.exec(body)?.[1],
          });
        });
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer from ${url}`)));
    outgoing.on('error', reject);
    outgoing.end(options.body);
  });
}

/** `GET url`. */
export function get(url: string, headers: OutgoingHttpHeaders = {}): Promise<Reply> {
  return send(url, { headers });
}
