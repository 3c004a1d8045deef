import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accepted } from '../testing/accepted-corpus.ts';
import { answering, recordingEndpoint, scriptedEndpoint } from '../testing/endpoints.ts';
import { eventually } from '../testing/eventually.ts';
import { startGateway } from '../testing/gateway.ts';
import { refused, refusedBodies } from '../testing/malformed-corpus.ts';
import { exchange, rawClient } from '../testing/raw-client.ts';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

test('the corpus is as large as promised', () => {
  assert.ok(refused.length + refusedBodies.length >= 250, `${refused.length + refusedBodies.length} vectors`);
});

test('every malformed request is refused and closed, and the endpoint never hears of it', async (t) => {
  await using endpoint = await scriptedEndpoint(answering(ok));
  await using gateway = await startGateway({ ports: [endpoint.port] });
  for (const { why, request, status } of refused) {
    await t.test(JSON.stringify(why), async () => {
      using client = await rawClient(gateway.port);
      // Behind it, what a smuggler would want served.
      client.send(`${request}GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n`);
      const response = await client.response();
      assert.equal(response.status, status);
      assert.equal(response.headers['connection'], 'close');
      assert.equal(response.headers['content-type'], 'application/problem+json');
      await client.untilClosed();
      assert.equal(client.received.length, 0, 'nothing follows the refusal');
      assert.equal(endpoint.seen(), '');
    });
  }
  assert.equal((await exchange(gateway.port, 'GET /good HTTP/1.1\r\nHost: h\r\n\r\n')).status, 200);
  assert.match(endpoint.seen(), /^GET \/good HTTP\/1\.1\r\n/);
});

test('a body with broken chunks never becomes whole at the endpoint, and nothing follows it', async (t) => {
  // Answers only what has a last chunk; waits for the end of everything else.
  for (const { why, request } of refusedBodies) {
    await t.test(JSON.stringify(why), async () => {
      await using endpoint = await scriptedEndpoint(() => undefined);
      await using gateway = await startGateway({ ports: [endpoint.port] });
      using client = await rawClient(gateway.port);
      client.send(request);
      const response = await client.response('POST');
      assert.equal(response.status, 400);
      await client.untilClosed();
      await eventually(() => endpoint.sockets.size === 0, 'the endpoint’s request to be cancelled');
      assert.doesNotMatch(endpoint.seen(), /smuggled|\r\n0\r\n/);
    });
  }
});

for (const { why, request, path, body } of accepted) {
  test(`served: ${why}`, async () => {
    await using endpoint = await recordingEndpoint();
    await using gateway = await startGateway({ ports: [endpoint.port] });
    using client = await rawClient(gateway.port);
    client.send(`${request}GET /next HTTP/1.1\r\nHost: h\r\n\r\n`);
    assert.equal((await client.response()).status, 200);
    assert.equal((await client.response()).status, 200);
    assert.deepEqual(
      endpoint.requests.map((seen) => [seen.url, seen.body.toString()]),
      [
        [path, body],
        ['/next', ''],
      ],
    );
    const names = endpoint.requests[0]?.rawHeaders.map((text) => text.toLowerCase()) ?? [];
    assert.equal(
      names.some((name) => /^(content|transfer)_/.test(name)),
      false,
    );
  });
}
