import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHUNKED, requestFraming, responseFraming, UNTIL_CLOSE } from './framing.ts';
import { parseRequestHead, parseResponseHead } from './parse-head.ts';

function ofRequest(fields: string, version = '1.1') {
  const head = parseRequestHead(`POST / HTTP/${version}\r\n${fields}`, 10);
  assert.ok(typeof head !== 'string');
  return requestFraming(head);
}

function ofResponse(status: number, fields: string, method = 'GET', version = '1.1') {
  const head = parseResponseHead(`HTTP/${version} ${status} x\r\n${fields}`, 10);
  assert.ok(typeof head !== 'string');
  return responseFraming(head, method);
}

const te = (value: string) => `Transfer-Encoding: ${value}\r\n`;
const cl = (value: number) => `Content-Length: ${value}\r\n`;

const requests: readonly (readonly [string, number | string])[] = [
  ['', 0],
  [cl(0), 0],
  [cl(7), 7],
  [te('chunked'), CHUNKED],
  [te('Chunked'), CHUNKED],
  [te('CHUNKED'), CHUNKED],
  [te('gzip, chunked'), 'transfer-coding'],
  [te('GZIP , Chunked'), 'transfer-coding'],
  [te('gzip') + te('chunked'), 'transfer-coding'],
  [te('chunked') + cl(1), 'malformed'],
  [cl(1) + te('chunked'), 'malformed'],
  [cl(0) + te('identity'), 'malformed'],
  ...[
    'identity',
    'gzip',
    'chunked, chunked',
    'chunked, gzip',
    'chunked, identity',
    'identity, chunked',
    'xchunked',
    'chunkedx',
    '"chunked"',
    "'chunked'",
    'chunked;q=1',
    'chunked,',
    ',chunked',
    'chunked chunked',
    '',
    'x',
    '\xa0chunked',
    'chunk',
  ].map((value) => [te(value), 'malformed'] as const),
];
for (const [fields, want] of requests) {
  test(`request framing of ${JSON.stringify(fields)} is ${want}`, () =>
    assert.equal(ofRequest(fields), want));
}

test('Transfer-Encoding from HTTP/1.0 is refused', () => {
  assert.equal(ofRequest(te('chunked'), '1.0'), 'malformed');
  assert.equal(ofRequest(cl(3), '1.0'), 3);
});

const responses: readonly (readonly [number, string, string, number | string])[] = [
  [200, '', 'GET', UNTIL_CLOSE],
  [200, cl(5), 'GET', 5],
  [200, cl(0), 'GET', 0],
  [200, te('chunked'), 'GET', CHUNKED],
  [200, cl(5), 'HEAD', 0],
  [200, te('chunked'), 'HEAD', 0],
  [204, cl(5), 'GET', 0],
  [304, cl(5), 'GET', 0],
  [304, te('chunked'), 'GET', 0],
  [200, cl(5) + te('chunked'), 'GET', 'malformed'],
  [200, cl(5) + te('chunked'), 'HEAD', 'malformed'],
  [200, te('gzip, chunked'), 'GET', 'transfer-coding'],
  [200, te('identity'), 'GET', 'transfer-coding'],
  [200, te('chunked, chunked'), 'GET', 'transfer-coding'],
];
for (const [status, fields, method, want] of responses) {
  test(`response framing of ${status} ${JSON.stringify(fields)} to ${method} is ${want}`, () =>
    assert.equal(ofResponse(status, fields, method), want));
}

test('chunked from an HTTP/1.0 endpoint is refused', () => {
  assert.equal(ofResponse(200, te('chunked'), 'GET', '1.0'), 'transfer-coding');
});
