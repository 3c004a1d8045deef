/** HTTPS: takes requests, records them, lets go wrong what is to go wrong, and writes replies. */
import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock } from '@ficus/common/clock.ts';
import type { Central, Reply } from '../api/central.ts';
import type { Certificates } from '../certificates.ts';
import { type Fault, take } from '../faults.ts';
import type { Dispatch } from './dispatch.ts';
import { TokenBucket } from './token-bucket.ts';

const maxBody = 4 * 1024 * 1024;
const maxRecorded = 10_000;

/** One request as it came. */
export interface RecordedRequest {
  readonly method: string;
  /** As sent, with its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Decoded JSON, undefined without a body. */
  readonly body: unknown;
  /** Milliseconds of the simulator's clock. */
  readonly at: number;
  /** Status of the answer; undefined when there was none, or not yet. */
  status: number | undefined;
}

export interface PrismServer extends AsyncDisposable {
  readonly port: number;
  /** The newest ten thousand, oldest first. */
  readonly requests: RecordedRequest[];
}

export async function startServer(options: {
  readonly central: Central;
  readonly dispatch: Dispatch;
  readonly certificates: Certificates;
  readonly clock: Clock;
  readonly port: number;
  readonly host: string;
}): Promise<PrismServer> {
  const { central, dispatch, certificates, clock } = options;
  const requests: RecordedRequest[] = [];
  const bucket = new TokenBucket(clock);
  const sockets = new Map<number | undefined, Socket>();
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const started = clock.monotonic();
    const { method = 'GET', url = '/', headers } = request;
    const body = await jsonOf(request);
    const record: RecordedRequest = { method, path: url, headers, body, at: clock.now(), status: undefined };
    requests.push(record);
    if (requests.length > maxRecorded) requests.shift();
    const mark = url.indexOf('?');
    const path = mark === -1 ? url : url.slice(0, mark);
    const { faults } = central;
    if (faults.delayMs > 0) await new Promise<void>((resolve) => clock.after(faults.delayMs, resolve));
    const fits = (one: Fault) =>
      url.includes(one.path ?? '') && (one.method === undefined || one.method === method);
    const fault = take(faults.next, fits);
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'reset') {
      // A TLS socket cannot be reset; what it runs over can.
      sockets.get(request.socket.remotePort)?.resetAndDestroy();
      return;
    }
    const search = mark === -1 ? '' : url.slice(mark);
    const origin = `https://${headers.host ?? 'localhost'}`;
    const reply =
      limited(central, bucket) ??
      faultReply(fault) ??
      dispatch({ method, path, search, origin, headers, body });
    record.status = reply.status;
    write(response, reply, central, clock.monotonic() - started, fault?.kind === 'truncate');
  };
  const server = createServer({ key: certificates.key, cert: certificates.cert }, (request, response) => {
    serve(request, response).catch((error: unknown) => {
      console.error('prism-sim:', error);
      response.destroy();
    });
  });
  server.on('tlsClientError', () => {});
  server.on('connection', (socket: Socket) => {
    const { remotePort } = socket;
    sockets.set(remotePort, socket);
    socket.once('close', () => sockets.delete(remotePort));
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, requests, [Symbol.asyncDispose]: () => close(server) };
}

async function jsonOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxBody) chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Over the rate: some services say 400 where most say 429. */
function limited(central: Central, bucket: TokenBucket): Reply | undefined {
  const { rate } = central.faults;
  const seconds = bucket.refuses(rate);
  if (seconds === undefined) return undefined;
  return tooMany(rate?.status ?? 429, rate?.retryAfter === false ? undefined : seconds);
}

function tooMany(status: number, retryAfter: number | undefined): Reply {
  const error = {
    message: 'Rate limit exceeded.',
    severity: 'ERROR',
    code: 'PLAT-10429',
    locale: 'en_US',
    errorGroup: 'RATE_LIMIT_EXCEEDED',
    $objectType: 'prism.v4.error.AppMessage',
  };
  return {
    status,
    headers: retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) },
    body: { data: { error: [error], $objectType: 'prism.v4.error.ErrorResponse' } },
  };
}

function faultReply(fault: Fault | undefined): Reply | undefined {
  if (fault === undefined || fault.kind === 'truncate') return undefined;
  if (fault.kind === 'limited') return tooMany(429, fault.retryAfter);
  if (fault.kind === 'garbage') return { status: 200, body: '<html>not what was asked for' };
  const retry = fault.retryAfter === undefined ? {} : { 'Retry-After': String(fault.retryAfter) };
  const status = fault.kind === 'unavailable' ? 503 : (fault.status ?? 500);
  return {
    status,
    headers: { 'Content-Type': 'text/plain', ...retry },
    body: status === 503 ? 'no healthy upstream' : 'upstream error',
  };
}

function write(
  response: ServerResponse,
  reply: Reply,
  central: Central,
  tookMs: number,
  truncate: boolean,
): void {
  const body =
    reply.body === undefined
      ? undefined
      : Buffer.from(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body));
  response.writeHead(reply.status, {
    Server: 'envoy',
    'X-Ntnx-Env': 'pc',
    'X-Ntnx-Product': central.profile.product,
    'X-Envoy-Upstream-Service-Time': String(Math.round(tookMs)),
    ...(body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': body.length }),
    ...reply.headers,
  });
  if (!truncate || body === undefined) {
    response.end(body);
    return;
  }
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
