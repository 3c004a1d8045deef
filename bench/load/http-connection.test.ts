import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAnswer } from './http-connection.ts';

const ANSWER = 'HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\n\r\nhello';

test('an answer is there when its last byte is, not before', () => {
  for (let cut = 0; cut < ANSWER.length; cut += 1) assert.equal(parseAnswer(ANSWER.slice(0, cut)), undefined);
  assert.deepEqual(parseAnswer(ANSWER), {
    status: 200,
    body: 'hello',
    length: ANSWER.length,
    closes: false,
  });
  assert.deepEqual(parseAnswer(`${ANSWER}HTTP`)?.length, ANSWER.length);
});

test('a connection that the other side ends is said to end', () => {
  const answer = ANSWER.replace('Server: x', 'Connection: close').replace('200', '503');
  assert.deepEqual(parseAnswer(answer), {
    status: 503,
    body: 'hello',
    length: answer.length,
    closes: true,
  });
});

test('an answer without a length is none', () => {
  assert.equal(parseAnswer('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'), undefined);
});
