import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answering, scriptedEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { startGateway } from '../testing/gateway.ts';
import { exchange, rawClient } from '../testing/raw-client.ts';

const get = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';
const good = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const field = (text: string) => `HTTP/1.1 200 OK\r\n${text}\r\nContent-Length: 2\r\n\r\nok`;

/** Refused whole: the client gets 502 and the connection is never used again. */
const malformed: readonly (readonly [why: string, answer: string])[] = [
  ['length with chunked', field('Transfer-Encoding: chunked')],
  [
    'chunked with length',
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['two lengths that differ', field('Content-Length: 3')],
  ['two lengths that agree', field('Content-Length: 2')],
  ['a list of lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok'],
  ['negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok'],
  ['signed length', 'HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok'],
  ['hexadecimal length', 'HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nok'],
  ['empty length', 'HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\nok'],
  ['length over 2^53', 'HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999\r\n\r\nok'],
  ['unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok'],
  ['identity coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nok'],
  ['chunked twice', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n'],
  [
    'chunked in two fields',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n',
  ],
  ['xchunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
  ['chunked from HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['101 unasked', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'],
  ['1xx with a length', `HTTP/1.1 103 x\r\nContent-Length: 2\r\n\r\nok${good}`],
  ['1xx with chunked', `HTTP/1.1 103 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${good}`],
  ['not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
  ['HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['HTTP/2.0', 'HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
  ['HTTP/1.2', 'HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\nok'],
  ['HTTP/0.9', 'just a body\r\n\r\n'],
  ['no status', 'HTTP/1.1 OK\r\n\r\n'],
  ['status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
  ['status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
  ['status 000', 'HTTP/1.1 000 OK\r\n\r\n'],
  ['space before the status line', ` ${good}`],
  ['empty line before the status line', `\r\n${good}`],
  ['bare LF', 'HTTP/1.1 200 OK\nContent-Length: 2\n\r\n\r\nok'],
  ['bare CR', field('A: b\rC: d')],
  ['NUL', field('A: \0')],
  ['control character', field('A: \x01')],
  ['fold', field('A: b\r\n c')],
  ['space before the colon', field('A : b')],
  ['no colon', field('Ab')],
  ['empty name', field(': b')],
  ['name with a space', field('A b: c')],
  ['head over 64 KiB', field(`A: ${'x'.repeat(66_000)}`)],
  ['head without end', `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(70_000)}`],
  ['300 fields', field('A: b\r\n'.repeat(299).trim())],
  ['1xx flood', 'HTTP/1.1 103 x\r\n\r\n'.repeat(20)],
];

for (const [why, answer] of malformed) {
  test(`hostile response, ${why}: 502, and the connection is not used again`, async () => {
    let first = true;
    await using endpoint = await scriptedEndpoint(
      answering(() => {
        const text = first ? answer : good;
        first = false;
        return text;
      }),
    );
    await using gateway = await startGateway({ ports: [endpoint.port] });
    using client = await rawClient(gateway.port);
    client.send(get);
    let response = await client.response();
    while (response.status === 103) response = await client.response();
    assert.equal(response.status, 502);
    assert.equal(JSON.parse(response.body.toString()).code, 'endpoint.malformed');
    await eventually(() => endpoint.sockets.size === 0, 'the endpoint’s connection to close');
    client.send(get);
    assert.equal((await client.response()).body.toString(), 'ok');
    assert.equal(endpoint.accepted, 2);
  });
}

const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
/** The head was good: what the client has of the body must not look whole. */
const brokenBodies: readonly (readonly [why: string, answer: string])[] = [
  ['size that is no number', `${chunked}zz\r\n`],
  ['size with a sign', `${chunked}+2\r\nok\r\n0\r\n\r\n`],
  ['size with 0x', `${chunked}0x2\r\nok\r\n0\r\n\r\n`],
  ['size with a space', `${chunked}2 \r\nok\r\n0\r\n\r\n`],
  ['size overflow', `${chunked}ffffffffffffffff\r\nok\r\n0\r\n\r\n`],
  ['bare LF after the size', `${chunked}2\nok\r\n0\r\n\r\n`],
  ['bare LF after the data', `${chunked}2\r\nok\n0\r\n\r\n`],
  ['data longer than its size', `${chunked}2\r\nokk\r\n0\r\n\r\n`],
  ['data shorter than its size', `${chunked}3\r\nok\r\n0\r\n\r\n`],
  ['extension without end', `${chunked}2;${'x'.repeat(5000)}`],
  ['trailer that is no field', `${chunked}2\r\nok\r\n0\r\nbad\r\n\r\n`],
  ['trailers without end', `${chunked}2\r\nok\r\n0\r\nA: ${'x'.repeat(20_000)}`],
];

for (const [why, answer] of brokenBodies) {
  test(`hostile chunked body, ${why}: the client’s connection breaks off`, async () => {
    let first = true;
    await using endpoint = await scriptedEndpoint(
      answering((head) => {
        if (head.startsWith('GET')) {
          const text = first ? answer : good;
          first = false;
          return text;
        }
        return undefined;
      }),
    );
    await using gateway = await startGateway({ ports: [endpoint.port] });
    using client = await rawClient(gateway.port);
    client.send(get);
    await client.untilClosed();
    assert.doesNotMatch(client.received.toString(), /\r\n0\r\n/);
    await eventually(() => endpoint.sockets.size === 0, 'the endpoint’s connection to close');
    assert.equal((await exchange(gateway.port, get)).body.toString(), 'ok');
  });
}

/** Correct for the client, but what follows the response would be taken for the next one. */
const excess: readonly (readonly [why: string, answer: string, body: string])[] = [
  ['after a counted body', `${good}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`, 'ok'],
  ['after a chunked body', `${chunked}2\r\nok\r\n0\r\n\r\npoison`, 'ok'],
  ['after an empty body', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\npoison', ''],
  ['after 204', 'HTTP/1.1 204 No Content\r\nContent-Length: 6\r\n\r\npoison', ''],
  ['after 304', 'HTTP/1.1 304 Not Modified\r\n\r\npoison', ''],
  ['one CRLF', `${good}\r\n`, 'ok'],
];

for (const [why, answer, body] of excess) {
  test(`bytes beyond the response, ${why}: the connection is not used again`, async () => {
    let first = true;
    await using endpoint = await scriptedEndpoint(
      answering(() => {
        const text = first ? answer : good;
        first = false;
        return text;
      }),
    );
    await using gateway = await startGateway({ ports: [endpoint.port] });
    using client = await rawClient(gateway.port);
    client.send(get);
    assert.equal((await client.response()).body.toString(), body);
    await eventually(() => endpoint.sockets.size === 0, 'the endpoint’s connection to close');
    client.send(get);
    assert.equal((await client.response()).body.toString(), 'ok');
    assert.equal(endpoint.accepted, 2);
  });
}

const reused: readonly (readonly [why: string, answer: string, connections: number])[] = [
  ['HTTP/1.1', good, 1],
  ['Connection: close', field('Connection: close'), 2],
  ['Connection: x, CLOSE', field('Connection: x, CLOSE'), 2],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', 2],
  ['HTTP/1.0 keep-alive', 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok', 1],
];

for (const [why, answer, connections] of reused) {
  test(`${why}: two requests take ${connections} connection(s)`, async () => {
    await using endpoint = await scriptedEndpoint(answering(answer));
    await using gateway = await startGateway({ ports: [endpoint.port] });
    for (let i = 0; i < 2; i++) {
      const response = await exchange(gateway.port, get);
      assert.equal(response.body.toString(), 'ok');
      assert.equal(response.headers['connection'], undefined);
    }
    assert.equal(endpoint.accepted, connections);
  });
}

test('hop-by-hop fields of a response, and what Connection names, stay behind', async () => {
  await using endpoint = await scriptedEndpoint(
    answering(
      field(
        'Connection: X-Hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nUpgrade: h2c\r\nX-Kept: 1',
      ),
    ),
  );
  await using gateway = await startGateway({ ports: [endpoint.port] });
  const { headers } = await exchange(gateway.port, get);
  assert.deepEqual(Object.keys(headers).sort(), ['content-length', 'x-kept']);
});

test('an endpoint’s Keep-Alive hint ends an idle connection a second early', async () => {
  const { ManualClock } = await import('../testing/manual-clock.ts');
  const clock = new ManualClock();
  await using endpoint = await scriptedEndpoint(answering(field('Keep-Alive: timeout=5')));
  await using gateway = await startGateway({ ports: [endpoint.port], clock });
  assert.equal((await exchange(gateway.port, get)).status, 200);
  clock.advance(3500);
  assert.equal(endpoint.sockets.size, 1);
  clock.advance(1000);
  await eventually(() => endpoint.sockets.size === 0, 'the idle connection to close');
});
