import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Applied } from '@ficus/common/api/admin.ts';
import type { FicusError, Problem } from '@ficus/common/errors.ts';
import { testStore } from '../store/fixture.ts';
import { testAdmin, testRuntime } from './fixture.ts';
import { startAdmin } from './start-admin.ts';

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

test('over TCP nothing is answered without token, or to a web page', async () => {
  await using a = await testAdmin();
  const host = `127.0.0.1:${a.api.port}`;
  const good = bearer(a.token);
  const cases: [headers: Record<string, string>, status: number, code: string][] = [
    [{}, 401, 'admin.unauthorized'],
    [bearer('x'.repeat(43)), 401, 'admin.unauthorized'],
    [bearer(''), 401, 'admin.unauthorized'],
    [{ authorization: `Basic ${a.token}` }, 401, 'admin.unauthorized'],
    [{ ...good, host: 'evil.example' }, 421, 'admin.bad-host'],
    [{ ...good, host: `localhost.evil.example:${a.api.port}` }, 421, 'admin.bad-host'],
    [{ ...good, origin: 'https://evil.example' }, 403, 'admin.cross-site'],
    [{ ...good, origin: 'null' }, 403, 'admin.cross-site'],
    [{ ...good, origin: 'http://127.0.0.1:1' }, 403, 'admin.cross-site'],
    [{ ...good, 'sec-fetch-site': 'cross-site' }, 403, 'admin.cross-site'],
  ];
  for (const path of ['/v1/status', '/v1/healthz', '/metrics', '/v1/openapi.json', '/v1/nothing']) {
    for (const [headers, status, code] of cases) {
      const answer = await a.tcp('GET', path, undefined, headers);
      assert.deepEqual(
        [answer.status, (answer.body as Problem).code],
        [status, code],
        `${path} ${JSON.stringify(headers)}`,
      );
    }
  }
  const form = { ...good, 'content-type': 'text/plain' };
  assert.equal((await a.tcp('POST', '/v1/undo', '{"reason":"x"}', form)).status, 415);

  for (const headers of [
    good,
    { ...good, host: `localhost:${a.api.port}` },
    { ...good, origin: `http://${host}` },
  ]) {
    const answer = await a.tcp('GET', '/v1/status', undefined, headers);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    assert.equal(answer.headers['cache-control'], 'no-store');
  }
  const set = await a.tcp(
    'PUT',
    '/v1/uplinks/orders/weights',
    { weights: { 'vm-1': 5 }, reason: 'x', actor: 'ci' },
    good,
  );
  assert.equal((set.body as Applied).change.actor, 'token:ci');
});

test('the socket is private, replaced when stale, and never taken from a living process', async () => {
  await using a = await testAdmin();
  assert.equal(statSync(a.socketPath).mode & 0o777, 0o600);
  assert.equal(statSync(join(a.t.directory, 'admin-token')).mode & 0o777, 0o600);
  const start = (socketPath: string) =>
    startAdmin({
      store: a.t.store,
      runtime: testRuntime(a.t, []),
      authority: { trustDomain: 'ficus.test', roots: [], pin: '' },
      joinUrl: '',
      joinNames: [],
      install: () => ({}),
      socketPath,
      stateDirectory: a.t.directory,
      clock: a.t.clock,
      log: () => {},
    });
  await assert.rejects(start(a.socketPath), { code: 'admin.socket-in-use' });
  assert.equal((await a.socket('GET', '/v1/healthz')).status, 200, 'the living one still answers');

  const plain = join(a.t.directory, 'plain');
  writeFileSync(plain, 'mine');
  await assert.rejects(start(plain), { code: 'admin.not-a-socket' });
  assert.equal(readFileSync(plain, 'utf8'), 'mine');
  await assert.rejects(start(join(a.t.directory, 'x'.repeat(120))), { code: 'admin.path-too-long' });

  // A socket file without a listener, as a killed process leaves it.
  const stale = join(a.t.directory, 'stale.sock');
  const holder = fork(join(import.meta.dirname, 'socket-holder.fixture.ts'), [stale]);
  await once(holder, 'message');
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  assert.ok(statSync(stale).isSocket());
  const second = await start(stale);
  await second.close();

  // The token stays the same from start to start.
  assert.equal(readFileSync(join(a.t.directory, 'admin-token'), 'utf8').trim(), a.token);
});

test('TCP on an address of other machines is refused unless it is called insecure', async () => {
  using t = testStore();
  const logged: string[] = [];
  const socketPath = join(t.directory, 'admin.sock');
  const start = (tcpAddress: string, insecure?: boolean) =>
    startAdmin({
      store: t.store,
      runtime: testRuntime(t, []),
      authority: { trustDomain: 'ficus.test', roots: [], pin: '' },
      joinUrl: '',
      joinNames: [],
      install: () => ({}),
      socketPath,
      tcpAddress,
      ...(insecure === undefined ? {} : { insecure }),
      stateDirectory: t.directory,
      clock: t.clock,
      log: (_, message) => void logged.push(message),
    });
  for (const address of ['0.0.0.0:0', '[::]:0', '10.0.0.1:8081', 'parent.example.com:8081']) {
    await assert.rejects(start(address), (error: FicusError) => {
      assert.equal(error.code, 'admin.insecure-address');
      assert.match(error.remedy ?? '', /admin\.insecure: true/);
      return true;
    });
    assert.equal(existsSync(socketPath), false, 'nothing was opened');
  }
  for (const address of ['127.0.0.1:0', ':0', 'localhost:0']) await (await start(address)).close();
  assert.deepEqual(logged, []);
  const open = await start('0.0.0.0:0', true);
  assert.ok(open.port);
  await open.close();
  assert.match(logged.join(), /without TLS/);
});
