import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { connectionsTo, countConnections } from './connections.ts';

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:24E3 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 0100007F:D431 0100007F:24E3 01 00000000:00000000 00:00000000 00000000     0        0 2 1
   2: 0100007F:D433 0100007F:24E3 06 00000000:00000000 00:00000000 00000000     0        0 3 1
   3: 0100007F:24E3 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 4 1
`;

test('counts established connections at the end that dialled', () => {
  assert.equal(countConnections(TABLE, 0x24e3), 1);
  assert.equal(countConnections(TABLE, 0xd431), 1);
  assert.equal(countConnections(TABLE, 80), 0);
});

test('any text is counted without an error', () => {
  fc.assert(fc.property(fc.string(), (text) => assert.equal(countConnections(text, 443), 0)));
});

test('a connection of our own is seen', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  await Promise.all([once(socket, 'connect'), once(server, 'connection')]);
  assert.equal(connectionsTo(port), 1);
  socket.destroy();
  server.close();
});
