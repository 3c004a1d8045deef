/**
 * A small HTTP server: `GET /` a small body, `GET /bytes/<n>` n bytes, `GET /slow` a few bytes each second for ever,
 * `GET /hold` the beginning of an answer, `POST /` counts what it gets. Run: endpoint.ts <port>
 */

import { createServer, type ServerResponse } from 'node:http';
import { SMALL_BODY } from './small-body.ts';

const CHUNK = Buffer.alloc(256 * 1024, 'f');

const server = createServer((request, response) => {
  if (request.method === 'POST') {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on('end', () => sendText(response, String(bytes)));
    return;
  }
  if (request.url === '/slow') {
    sendSlowly(response);
    return;
  }
  if (request.url === '/hold') {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' }).write('x');
    return;
  }
  const wanted = /^\/bytes\/(\d{1,12})$/.exec(request.url ?? '')?.[1];
  if (wanted === undefined) sendText(response, SMALL_BODY);
  else sendBytes(response, Number(wanted));
});
// Keep-alive connections must outlive a whole run.
server.keepAliveTimeout = 0;
server.requestTimeout = 0;
server.listen(Number(process.argv[2]), '127.0.0.1');

function sendText(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

/** Each answer ticks at a moment of its own, as a thousand endpoints would: no burst at the whole second. */
function sendSlowly(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.write('begin\n');
  let tick = setTimeout(function again() {
    response.write('tick\n');
    tick = setTimeout(again, 1_000);
  }, Math.random() * 1_000);
  response.once('close', () => clearTimeout(tick));
}

function sendBytes(response: ServerResponse, length: number): void {
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': length });
  let left = length;
  const write = (): void => {
    while (left > 0 && !response.destroyed) {
      const chunk = left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
      left -= chunk.length;
      if (!response.write(chunk)) {
        response.once('drain', write);
        return;
      }
    }
    response.end();
  };
  write();
}
