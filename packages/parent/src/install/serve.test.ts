import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '@ficus/common/clock.ts';
import type { Problem } from '@ficus/common/errors.ts';
import { Authority } from '@ficus/pki/authority.ts';
import { startJoin } from '../join/start-join.ts';
import { testStore } from '../store/fixture.ts';
import { openBundle } from './bundle.ts';
import { Downloads, downloadLimits } from './downloads.ts';
import { bundleFolder } from './fixture.ts';
import { Installs } from './installs.ts';

/** A join listener that serves a bundle whose executable is bigger than sockets buffer. */
async function listener() {
  await using starting = new AsyncDisposableStack();
  const folder = starting.use(await bundleFolder(randomBytes(8 * 1024 * 1024)));
  const t = starting.use(testStore());
  const authority = await Authority.open({ directory: join(t.directory, 'ca'), trustDomain: 'ficus.test' });
  const installs = new Installs({
    open: (signal) => openBundle(folder.path, signal),
    ...{ clock: systemClock, log: () => {} },
  });
  starting.adopt(installs, (each) => each.close());
  const api = await startJoin({
    ...{ store: t.store, authority, parentName: 'main', address: '127.0.0.1:0', names: ['127.0.0.1'] },
    runtime: { childJoined: () => {}, joinRefused: () => {} },
    downloads: new Downloads(installs),
    ...{ clock: systemClock, log: () => {} },
  });
  starting.adopt(api, (each) => each.close());
  const agent = new Agent({ keepAlive: true, ca: [...authority.roots] });
  starting.defer(() => agent.destroy());

  async function head(
    path: string,
    headers: Record<string, string> = {},
    method = 'GET',
  ): Promise<IncomingMessage> {
    const asked = request({ host: '127.0.0.1', port: api.port, path, method, headers, agent });
    asked.end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    return answer;
  }
  async function ask(
    ...call: Parameters<typeof head>
  ): Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }> {
    const answer = await head(...call);
    const body = Buffer.concat(await answer.toArray());
    return { status: answer.statusCode ?? 0, headers: answer.headers, body };
  }
  const owned = starting.move();
  return { folder, installs, head, ask, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

test('files come over the join listener, whole, in parts, and not at all when they are known', async () => {
  await using l = await listener();
  const early = await l.ask('/install/install.sh');
  assert.deepEqual([early.status, early.headers['retry-after']], [503, '5']);
  assert.equal((JSON.parse(early.body.toString()) as Problem).code, 'install.preparing');
  l.installs.start();
  while (l.installs.status.bundle === undefined) await new Promise((resolve) => setImmediate(resolve));

  const whole = await l.ask('/install/ficus-linux-x64.gz');
  assert.equal(whole.status, 200);
  assert.equal(whole.headers['content-type'], 'application/gzip');
  assert.equal(whole.headers['content-encoding'], undefined, 'nobody may unpack it on the way');
  assert.ok(whole.body.equals(l.folder.packed));
  const { etag = '' } = whole.headers;
  const part = await l.ask('/install/ficus-linux-x64.gz', { range: 'bytes=100-', 'if-range': etag });
  assert.equal(part.status, 206);
  assert.ok(part.body.equals(l.folder.packed.subarray(100)));
  const known = await l.ask('/install/ficus-linux-x64.gz', { 'if-none-match': etag });
  assert.deepEqual([known.status, known.body.length], [304, 0]);
  const behind = await l.ask('/install/install.sh', { range: 'bytes=10000-' });
  assert.equal(behind.status, 416);
  const head = await l.ask('/install/ficus-linux-x64.gz', {}, 'HEAD');
  assert.deepEqual([head.status, head.headers['content-length']], [200, String(l.folder.packed.length)]);
  const help = await l.ask('/install/');
  assert.match(help.body.toString(), /sh install\.sh --url/);
});

test('no spelling of a path leads out of the bundle', async () => {
  await using l = await listener();
  await l.folder.write('secret', 'secret');
  l.installs.start();
  while (l.installs.status.bundle === undefined) await new Promise((resolve) => setImmediate(resolve));
  for (const path of [
    '/install/secret',
    '/install/../install/secret',
    '/install/./install.sh',
    '/install/%2e%2e/%2e%2e/etc/passwd',
    '/install/..%2f..%2fetc%2fpasswd',
    '/install//etc/passwd',
    '/install/install.sh%00',
    '/install/install.sh/',
    '/install/%zz',
  ]) {
    const { status, body } = await l.ask(path);
    assert.ok(status === 404 || status === 400, `${path}: ${status}`);
    assert.ok(!body.includes('secret\n') && !body.includes('root:'), path);
  }
  const post = await l.ask('/install/install.sh', {}, 'POST');
  assert.equal(post.status, 404);
});

test('clients that go away in the middle, and those too many', async () => {
  await using l = await listener();
  l.installs.start();
  while (l.installs.status.bundle === undefined) await new Promise((resolve) => setImmediate(resolve));
  const open = [];
  for (let i = 0; i < downloadLimits.atOncePerSource; i++)
    open.push(await l.head('/install/ficus-linux-x64.gz'));
  const refused = await l.ask('/install/ficus-linux-x64.gz');
  assert.deepEqual([refused.status, refused.headers['retry-after']], [503, '5']);
  assert.equal((JSON.parse(refused.body.toString()) as Problem).code, 'install.busy');
  assert.equal((await l.ask('/install/manifest.json')).status, 200);
  for (const each of open) each.destroy();
  let status = 503;
  while (status === 503) {
    const answer = await l.head('/install/ficus-linux-x64.gz');
    status = answer.statusCode ?? 0;
    answer.destroy();
  }
  assert.equal(status, 200);
});
