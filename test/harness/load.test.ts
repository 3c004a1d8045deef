import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { test } from 'node:test';
import { load } from './load.ts';
import { ResponseReader } from './response-reader.ts';

function listen(server: Server): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () =>
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x`),
    );
  });
}

test('counts answers by who gave them, and statuses as failures', async () => {
  let count = 0;
  const server = createServer((_request, response) => {
    count += 1;
    response.setHeader('x-served-by', count % 2 === 0 ? 'even' : 'odd');
    response.statusCode = count === 10 ? 503 : 200;
    response.end(count === 10 ? '{"code":"service.none"}' : 'ok');
  });
  await using _ = { [Symbol.asyncDispose]: async () => void server.close() };
  const report = await load({ url: await listen(server), concurrency: 4, requests: 100 }).finished();
  assert.equal(report.requests, 100);
  assert.equal(report.ok, 99);
  assert.deepEqual(report.failures, { 'status 503 service.none': 1 });
  assert.deepEqual(report.servedBy, { odd: 50, even: 49 });
});

test('a connection that is closed in the middle of a response is a failure of its own kind', async () => {
  const answers = ['HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab', ''];
  const server = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(answers.shift() ?? 'HTTP/1.1 204 No Content\r\n\r\n'));
  });
  await using _ = { [Symbol.asyncDispose]: async () => void server.close() };
  const report = await load({ url: await listen(server), concurrency: 1, requests: 3 }).finished();
  assert.deepEqual(report.failures, {
    'closed in the middle of a response': 1,
    'closed before a response': 1,
  });
  assert.equal(report.ok, 1);
});

test('nobody listening is counted, not thrown', async () => {
  const server = createServer();
  const url = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  const report = await load({ url, concurrency: 1, requests: 2 }).finished();
  assert.deepEqual(report.failures, { 'connect ECONNREFUSED': 2 });
});

test('take starts a new span, next resolves at the answer that was waited for', async () => {
  let name = 'old';
  const server = createServer((_request, response) => {
    response.setHeader('x-served-by', name);
    response.end('ok');
  });
  await using _ = { [Symbol.asyncDispose]: async () => void server.close() };
  const running = load({ url: await listen(server), concurrency: 2 });
  await running.next((by) => by === 'old');
  const changed = running.next((by) => by === 'new');
  name = 'new';
  await changed;
  running.take();
  await running.next(() => true);
  const report = await running.stop();
  assert.ok((report.servedBy['old'] ?? 0) > 0);
  assert.ok((report.servedBy['new'] ?? 0) > 1);
});

test('responses in any pieces read the same', () => {
  const bytes = Buffer.from(
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Served-By: a\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
  );
  for (let cut = 1; cut < bytes.length; cut++) {
    const reader = new ResponseReader();
    const first = reader.push(bytes.subarray(0, cut));
    const answer = first ?? reader.push(bytes.subarray(cut));
    assert.equal(answer?.body, 'abcde', `cut at ${cut}`);
    assert.equal(answer?.headers.get('x-served-by'), 'a');
  }
});
