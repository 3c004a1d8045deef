import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oracleEndpoint } from './h2-oracle.ts';
import { rawClient } from './raw-client.ts';

test('the oracle reads well-formed requests, in any pieces', async () => {
  await using oracle = await oracleEndpoint();
  using client = await rawClient(oracle.port);
  const text =
    'GET /a HTTP/1.1\r\nHost: h\r\nx:\r\n\r\nPOST /b HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\n\r\nabc' +
    'PUT /c HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n2\r\n\r\n\r\n0\r\nx: y\r\n\r\n';
  for (const byte of text) client.send(byte);
  for (let i = 0; i < 3; i++) assert.equal((await client.response()).headers['x-oracle'], 'yes');
  assert.deepEqual(
    oracle.requests.map(({ line, body, trailers }) => [line, body, trailers]),
    [
      ['GET /a HTTP/1.1', '', []],
      ['POST /b HTTP/1.1', 'abc', []],
      ['PUT /c HTTP/1.1', '\r\n', [['x', 'y']]],
    ],
  );
  assert.deepEqual(oracle.faults, []);
});

for (const [text, fault] of [
  ['GET  / HTTP/1.1\r\nHost: h\r\n\r\n', /request line/],
  ['GET h HTTP/1.1\r\nHost: h\r\n\r\n', /request line/],
  ['GET / HTTP/1.1\r\n\r\n', /0 hosts/],
  ['GET / HTTP/1.1\r\nHost: h\r\nhost: h\r\n\r\n', /2 hosts/],
  ['GET / HTTP/1.1\r\nHost: h\r\nx : y\r\n\r\n', /field/],
  ['GET / HTTP/1.1\r\nHost: h\r\nx: a\nb\r\n\r\n', /field/],
  ['GET / HTTP/1.1\r\nHost: h\r\n: b\r\n\r\n', /field/],
  ['GET / HTTP/1.1\r\nHost: h\r\nx: a \r\n\r\n', /field/],
  ['GET / HTTP/1.1\r\nHost: h\r\ncontent-length: 0\r\ntransfer-encoding: chunked\r\n\r\n', /framed twice/],
  ['GET / HTTP/1.1\r\nHost: h\r\ncontent-length: +1\r\n\r\n', /content-length/],
  ['GET / HTTP/1.1\r\nHost: h\r\ntransfer-encoding: chunked\r\n\r\nx\r\n', /chunk size/],
] as const) {
  test(`the oracle faults ${JSON.stringify(text)}`, async () => {
    await using oracle = await oracleEndpoint();
    using client = await rawClient(oracle.port);
    client.send(text);
    await client.untilClosed();
    assert.match(oracle.faults[0] ?? '', fault);
    assert.equal(oracle.requests.length, 0);
  });
}
