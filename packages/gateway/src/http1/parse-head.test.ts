import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { connectionHas, parseRequestHead, parseResponseHead, parseTrailers } from './parse-head.ts';

const request = (text: string, maxFields = 100) => parseRequestHead(text, maxFields);

test('a request head becomes method, target, version and flat fields', () => {
  const head = request('POST /a?b=c HTTP/1.1\r\nHost: h\r\nX-Y:  v \t\r\nContent-Length: 3\r\n');
  assert.ok(typeof head !== 'string');
  assert.equal(head.method, 'POST');
  assert.equal(head.target, '/a?b=c');
  assert.equal(head.minor, 1);
  assert.equal(head.contentLength, 3);
  assert.deepEqual(head.headers, [
    ...['host', 'h', 'Host'],
    ...['x-y', 'v', 'X-Y'],
    ...['content-length', '3', 'Content-Length'],
  ]);
});

test('fields that frame are gathered over several lines', () => {
  const head = request(
    'GET / HTTP/1.0\r\nConnection: A\r\nTransfer-Encoding: gzip\r\nconnection: Close\r\ntransfer-encoding: chunked\r\nHost: a\r\nHost: b\r\n',
  );
  assert.ok(typeof head !== 'string');
  assert.equal(head.minor, 0);
  assert.equal(head.connection, 'a, close');
  assert.equal(head.transferEncoding, 'gzip, chunked');
  assert.equal(head.hosts, 2);
});

const refusedRequests: readonly (readonly [why: string, text: string, refusal?: string])[] = [
  ['HTTP/0.9', 'GET /\r\n'],
  ['no target', 'GET HTTP/1.1\r\n'],
  ['empty target', 'GET  HTTP/1.1\r\n'],
  ['space in target', 'GET /a b HTTP/1.1\r\n'],
  ['tab in target', 'GET /a\tb HTTP/1.1\r\n'],
  ['two spaces before the version', 'GET /  HTTP/1.1\r\n'],
  ['tab before the version', 'GET /\tHTTP/1.1\r\n'],
  ['space after the version', 'GET / HTTP/1.1 \r\n'],
  ['leading space', ' GET / HTTP/1.1\r\n'],
  ['method not a token', 'G(T / HTTP/1.1\r\n'],
  ['method too long', `${'A'.repeat(33)} / HTTP/1.1\r\n`],
  ['lower-case version', 'GET / http/1.1\r\n'],
  ['version 1.2', 'GET / HTTP/1.2\r\n', 'version'],
  ['version 2.0', 'GET / HTTP/2.0\r\n', 'version'],
  ['version 1.10', 'GET / HTTP/1.10\r\n'],
  ['version 0x1.1', 'GET / HTTP/x.1\r\n'],
  ['bare LF in a value', 'GET / HTTP/1.1\r\nA: b\nC: d\r\n'],
  ['bare CR in a value', 'GET / HTTP/1.1\r\nA: b\rC: d\r\n'],
  ['NUL in a value', 'GET / HTTP/1.1\r\nA: b\0\r\n'],
  ['DEL in a value', 'GET / HTTP/1.1\r\nA: b\x7f\r\n'],
  ['vertical tab in a value', 'GET / HTTP/1.1\r\nA: \x0bchunked\r\n'],
  ['fold', 'GET / HTTP/1.1\r\nA: b\r\n c\r\n'],
  ['fold with tab', 'GET / HTTP/1.1\r\nA: b\r\n\tc\r\n'],
  ['fold on the first line', 'GET / HTTP/1.1\r\n A: b\r\n'],
  ['space before the colon', 'GET / HTTP/1.1\r\nA : b\r\n'],
  ['tab before the colon', 'GET / HTTP/1.1\r\nA\t: b\r\n'],
  ['no colon', 'GET / HTTP/1.1\r\nAb\r\n'],
  ['no colon, then a good field', 'GET / HTTP/1.1\r\nAb\r\nC: d\r\n'],
  ['empty name', 'GET / HTTP/1.1\r\n: b\r\n'],
  ['name with a slash', 'GET / HTTP/1.1\r\na/b: c\r\n'],
  ['name with obs-text', 'GET / HTTP/1.1\r\na\xe9: c\r\n'],
  ['two lengths that differ', 'GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n'],
  ['two lengths that agree', 'GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n'],
  ...['', '+1', '-1', '0x1', '1,1', '1, 1', '1 1', '1.0', '1e3', '１', '99999999999999999', '"1"', '1;'].map(
    (value) => [`Content-Length ${value}`, `GET / HTTP/1.1\r\nContent-Length: ${value}\r\n`] as const,
  ),
  ['over 2^53', 'GET / HTTP/1.1\r\nContent-Length: 9007199254740993\r\n'],
];

for (const [why, text, refusal] of refusedRequests) {
  test(`request head refused: ${why}`, () => assert.equal(request(text), refusal ?? 'malformed'));
}

test('leading zeros in Content-Length are a number like any other', () => {
  const head = request('GET / HTTP/1.1\r\nContent-Length: 005\r\n');
  assert.ok(typeof head !== 'string');
  assert.equal(head.contentLength, 5);
});

test('field counts have a limit', () => {
  const fields = (count: number) => `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(count)}`;
  assert.ok(typeof request(fields(5), 5) !== 'string');
  assert.equal(request(fields(6), 5), 'too-many-fields');
});

test('names like those of object prototypes are ordinary fields', () => {
  const head = request('GET / HTTP/1.1\r\n__proto__: a\r\nconstructor: b\r\nhasOwnProperty: c\r\n');
  assert.ok(typeof head !== 'string');
  assert.deepEqual(
    head.headers.filter((_, i) => i % 3 === 0),
    ['__proto__', 'constructor', 'hasownproperty'],
  );
});

const responses: readonly (readonly [text: string, status: number, reason: string])[] = [
  ['HTTP/1.1 200 OK\r\n', 200, 'OK'],
  ['HTTP/1.0 404 Not Found\r\n', 404, 'Not Found'],
  ['HTTP/1.1 204 \r\n', 204, ''],
  ['HTTP/1.1 204\r\n', 204, ''],
  ['HTTP/1.1 299 r\xe9ason\twith tab\r\n', 299, 'r\xe9ason\twith tab'],
];
for (const [text, status, reason] of responses) {
  test(`status line ${JSON.stringify(text)}`, () => {
    const head = parseResponseHead(text, 10);
    assert.ok(typeof head !== 'string');
    assert.deepEqual([head.status, head.target], [status, reason]);
  });
}

for (const text of [
  '',
  '\r\n',
  'HTTP/1.1\r\n',
  'HTTP/1.1 \r\n',
  'HTTP/1.1 20\r\n',
  'HTTP/1.1 2000 OK\r\n',
  'HTTP/1.1 2 0 OK\r\n',
  'HTTP/1.1  200 OK\r\n',
  'HTTP/1.1\t200 OK\r\n',
  'HTTP/1.1 099 OK\r\n',
  'HTTP/1.1 -20 OK\r\n',
  'HTTP/1.1 200\tOK\r\n',
  'HTTP/2.0 200 OK\r\n',
  'HTTP/1.2 200 OK\r\n',
  'ICY 200 OK\r\n',
  'http/1.1 200 OK\r\n',
  'HTTP/1.1 200 OK\r\nA: b\nC: d\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n',
  'HTTP/1.1 200 OK\r\nA : b\r\n',
  'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n',
]) {
  test(`response head refused: ${JSON.stringify(text)}`, () => {
    assert.equal(parseResponseHead(text, 10), 'malformed');
  });
}

test('trailer sections are field lines and nothing else', () => {
  assert.deepEqual(parseTrailers('A: b\r\nC:d\r\n', 4), ['a', 'b', 'A', 'c', 'd', 'C']);
  assert.equal(parseTrailers('A: b\nC: d\r\n', 4), undefined);
  assert.equal(parseTrailers('A\r\n', 4), undefined);
  assert.equal(parseTrailers('a: 1\r\nb: 2\r\n', 1), undefined);
});

test('Connection lists are searched by whole token', () => {
  assert.equal(connectionHas('close', 'close'), true);
  assert.equal(connectionHas('x, close ,y', 'close'), true);
  assert.equal(connectionHas('closed', 'close'), false);
  assert.equal(connectionHas('not-close', 'close'), false);
  assert.equal(connectionHas('', 'close'), false);
});

test('random text never throws, and what is accepted has no control character', () => {
  const noise = fc.string({
    unit: fc.constantFrom('\r', '\n', '\r\n', ' ', '\t', ':', 'A', 'GET', '/', 'HTTP/1.1', '\0', 'é', '200'),
    maxLength: 24,
  });
  fc.assert(
    fc.property(noise, (text) => {
      for (const head of [request(text), parseResponseHead(text, 10)]) {
        if (typeof head === 'string') continue;
        for (const part of head.headers) assert.doesNotMatch(part, /[\0-\x08\x0a-\x1f]/);
      }
      parseTrailers(text, 10);
    }),
    { numRuns: 2000 },
  );
});
