import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scriptedEndpoint } from '../testing/endpoints.ts';
import { startGateway } from '../testing/gateway.ts';
import { rawClient } from '../testing/raw-client.ts';

test('trailers that can never become valid are refused without waiting for their end', async () => {
  await using endpoint = await scriptedEndpoint(() => undefined);
  await using gateway = await startGateway({ ports: [endpoint.port] });
  using client = await rawClient(gateway.port);
  client.send('POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\n');
  const response = await client.response('POST');
  assert.equal(response.status, 400);
  assert.equal(JSON.parse(response.body.toString()).code, 'request.malformed');
});
