import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FicusError } from '@ficus/common/errors.ts';
import { handlePort, inheritedFds, openListenHandle } from './listen-handle.ts';

for (const address of ['127.0.0.1:0', 'localhost:0', ':0']) {
  test(`${address} gets a free port`, () => {
    const handle = openListenHandle('web', address, new Map());
    assert.ok(handlePort(handle) > 0);
    handle.close();
  });
}

for (const address of ['', '80', 'a:b', '127.0.0.1', '127.0.0.1:99999', '1:2:3', '[::1', 'h:80/']) {
  test(`address refused: ${JSON.stringify(address)}`, () => {
    assert.throws(() => openListenHandle('web', address, new Map()), { code: 'listen.address' });
  });
}

test('an address of another machine says what to do', () => {
  assert.throws(
    () => openListenHandle('web', '192.0.2.1:0', new Map()),
    (error) =>
      error instanceof FicusError && error.code === 'listen.eaddrnotavail' && error.message.includes('web'),
  );
});

test('sockets from systemd are found by name, for this process only', () => {
  const env = { LISTEN_PID: String(process.pid), LISTEN_FDS: '2', LISTEN_FDNAMES: 'web:uplink' };
  assert.deepEqual(
    [...inheritedFds(env)],
    [
      ['web', 3],
      ['uplink', 4],
    ],
  );
  assert.equal(inheritedFds({ ...env, LISTEN_PID: '1' }).size, 0);
  assert.equal(inheritedFds({ ...env, LISTEN_FDS: 'x' }).size, 0);
  assert.equal(inheritedFds({}).size, 0);
});
