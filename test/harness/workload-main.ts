/**
 * The workload process: `workload-main.ts <name> <port>`. Answers say who and what was asked:
 * `/echo` the body, `/headers` the request's head, `/slow?ms=` after a while, `/status/<code>` that status,
 * anything else `{service, method, path}`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

const [name = 'workload', port = '0'] = process.argv.slice(2);

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
  request.resume();
  request.on('end', () => answer(request, response, url));
});
server.listen(Number(port), '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  server.closeIdleConnections();
});

function answer(request: IncomingMessage, response: ServerResponse, url: URL): void {
  const status = Number(/^\/status\/(\d{3})$/.exec(url.pathname)?.[1] ?? 200);
  const text = JSON.stringify({
    service: name,
    method: request.method,
    path: request.url,
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
