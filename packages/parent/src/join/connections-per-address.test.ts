import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { test } from 'node:test';
import { limitConnectionsPerAddress } from './connections-per-address.ts';

test('one address gets no more than its share, and gets it again when it lets go', async () => {
  const server = createServer();
  limitConnectionsPerAddress(server, 2);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const dial = async () => {
    const client = connect(port, '127.0.0.1');
    client.on('error', () => undefined);
    const [socket] = (await once(server, 'connection')) as [{ destroyed: boolean }];
    return { client, socket };
  };
  const first = await dial();
  const second = await dial();
  assert.equal(first.socket.destroyed || second.socket.destroyed, false);
  const third = await dial();
  assert.equal(third.socket.destroyed, true);
  const left = once(first.socket as never, 'close');
  first.client.resume().end();
  (first.socket as unknown as { end(): void }).end();
  await left;
  const fourth = await dial();
  assert.equal(fourth.socket.destroyed, false);
  for (const { client } of [first, second, third, fourth]) client.destroy();
  server.close();
  await once(server, 'close');
});
