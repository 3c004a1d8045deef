/**
 * The workload process: `workload-main.ts <name> <port>`. Answers say who and what was asked:
 * `/echo` the body, `/headers` the request's head, `/slow?ms=` after a while, `/status/<code>` that status,
 * `/copies` the copies of mirrored requests that have come whole, by the digest of their bodies,
 * anything else `{service, method, path}`.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

const [name = 'workload', port = '0'] = process.argv.slice(2);

/** Of copies of mirrored requests: how many by the SHA-256 of their bodies. */
const copies: Record<string, number> = {};

const server = createServer({ keepAliveTimeout: 300_000 }, (request, response) => {
  const url = new URL(request.url ?? '/', 'http://workload');
  // Reached through the route to one child alone.
  url.pathname = url.pathname.replace(/^\/(?:vm|cluster)-\d+(?=\/)/, '');
  response.setHeader('x-served-by', name);
  if (url.pathname === '/echo') {
    response.setHeader('content-type', 'application/octet-stream');
    request.pipe(response);
    return;
  }
  if (request.headers['x-mirrored'] === 'true') countCopy(request);
  else request.resume();
  request.on('end', () => answer(request, response, url));
});
server.listen(Number(port), '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  server.closeIdleConnections();
});

function countCopy(request: IncomingMessage): void {
  const hash = createHash('sha256');
  request.on('data', (chunk: Buffer) => hash.update(chunk));
  request.on('end', () => {
    const digest = hash.digest('hex');
    copies[digest] = (copies[digest] ?? 0) + 1;
  });
}

function answer(request: IncomingMessage, response: ServerResponse, url: URL): void {
  const status = Number(/^\/status\/(\d{3})$/.exec(url.pathname)?.[1] ?? 200);
  const text = JSON.stringify({
    service: name,
    method: request.method,
    path: request.url,
    ...(url.pathname === '/copies' ? { copies } : {}),
    ...(url.pathname === '/headers' ? { headers: request.headers } : {}),
  });
  const send = () => {
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
  };
  const delay = url.pathname === '/slow' ? Number(url.searchParams.get('ms') ?? 100) : 0;
  if (delay > 0) setTimeout(send, delay);
  else send();
}
