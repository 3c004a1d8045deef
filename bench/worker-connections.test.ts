import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { test } from 'node:test';
import { acceptedInodes, holdersOf } from './worker-connections.ts';

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 22 1
   2: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 33 1
   3: 0100007F:1F90 0100007F:C351 06 00000000:00000000 00:00000000 00000000     0        0 44 1
`;

test("established connections are found at the gateway's end", () => {
  assert.deepEqual([...acceptedInodes(TABLE, 8080)], [[50_000, '22']]);
  assert.equal(acceptedInodes(TABLE, 8081).size, 0);
});

test('a connection belongs to the process that accepted it', async () => {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, 'connection');
  const client = connect(port, '127.0.0.1');
  const [[socket]] = await Promise.all([accepted, once(client, 'connect')]);
  assert.equal(holdersOf(port, [process.pid]).get(client.localPort!), process.pid);
  socket.destroy();
  client.destroy();
  server.close();
});
