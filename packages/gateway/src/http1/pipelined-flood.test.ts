import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGateway } from '../testing/gateway.ts';
import { rawClient } from '../testing/raw-client.ts';

test('pipelined requests whose answers nobody reads are not taken without end', async () => {
  await using gateway = await startGateway({ ports: [], routers: [] });
  using client = await rawClient(gateway.port);
  client.socket.pause();
  const batch = Buffer.from('GET / HTTP/1.1\r\nHost: h\r\n\r\n'.repeat(2000));
  let last = -1;
  let total = 0;
  // Each answer is some 250 bytes: 100,000 of them are 25 MB that nobody takes.
  for (let i = 0; i < 150; i++) {
    client.send(batch);
    await new Promise((resolve) => setTimeout(resolve, 10));
    total = (await gateway.plane.stats()).requests.total;
    if (total === last && i > 20) break;
    last = total;
  }
  assert.ok(total < 100_000, `${total} requests were answered into memory`);
});
