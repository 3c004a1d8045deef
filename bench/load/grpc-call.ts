/** One unary gRPC call, looked at closely: load generators count a status 200 as success whatever the trailers say. */

import { once } from 'node:events';
import { connect, type IncomingHttpHeaders } from 'node:http2';
import { grpcMessage, grpcPath } from './grpc-message.ts';

const DEADLINE_MS = 5_000;

/** Calls the bench's method at `origin` (prior knowledge). Returns what was wrong with the answer, or undefined. */
export async function grpcCall(origin: string): Promise<string | undefined> {
  const session = connect(origin);
  try {
    await once(session, 'connect', { signal: AbortSignal.timeout(DEADLINE_MS) });
    const stream = session.request({
      ':method': 'POST',
      ':path': grpcPath,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.setTimeout(DEADLINE_MS, () => stream.destroy(new Error('no answer in time')));
    let head: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    stream.once('response', (headers) => {
      head = headers;
    });
    stream.once('trailers', (headers) => {
      trailers = headers;
    });
    stream.end(grpcMessage);
    const body = Buffer.concat(await stream.toArray());
    if (head[':status'] !== (200 as unknown)) return `status ${head[':status']}`;
    if (!head['content-type']?.startsWith('application/grpc')) return `content-type ${head['content-type']}`;
    if (trailers['grpc-status'] !== '0') return `grpc-status ${trailers['grpc-status'] ?? 'missing'}`;
    return body.equals(grpcMessage) ? undefined : `a message of ${body.length} bytes that is not the one`;
  } catch (error) {
    return String(error);
  } finally {
    session.destroy();
  }
}
