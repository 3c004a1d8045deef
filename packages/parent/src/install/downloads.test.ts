import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { type Bundle, openBundle } from './bundle.ts';
import {
  type DownloadAnswer,
  type DownloadBody,
  type DownloadRequest,
  Downloads,
  downloadLimits,
} from './downloads.ts';
import { bundleFolder } from './fixture.ts';

/** More than a MiB when compressed. */
const executable = randomBytes(3 * 1024 * 1024);

async function served() {
  const folder = await bundleFolder(executable);
  const bundle: Bundle = await openBundle(folder.path);
  const downloads = new Downloads({ bundle, changed: () => {} });
  return {
    ...{ folder, bundle },
    ask: (request: Partial<DownloadRequest>) =>
      downloads.answer({
        name: 'ficus-linux-x64.gz',
        method: 'GET',
        headers: {},
        source: '10.0.0.1',
        connection: {},
        ...request,
      }),
    async [Symbol.asyncDispose]() {
      await bundle.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
async function bytesOf(body: DownloadAnswer['body']): Promise<Buffer> {
  const { pieces, done } = body as DownloadBody;
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(Buffer.from(piece));
  done();
  return Buffer.concat(all);
}

test('an interrupted download goes on where it was, as long as the file is the same', async () => {
  await using s = await served();
  const { packed } = s.folder;
  const whole = s.ask({});
  assert.equal(whole.status, 200);
  assert.equal(whole.headers['content-length'], String(packed.length));
  assert.deepEqual(await bytesOf(whole.body), packed);
  const { etag = '' } = whole.headers;

  const rest = s.ask({ headers: { range: 'bytes=1000000-', 'if-range': etag } });
  assert.equal(rest.status, 206);
  assert.equal(rest.headers['content-range'], `bytes 1000000-${packed.length - 1}/${packed.length}`);
  assert.deepEqual(await bytesOf(rest.body), packed.subarray(1_000_000));

  const other = s.ask({ headers: { range: 'bytes=1000000-', 'if-range': '"another"' } });
  assert.equal(other.status, 200, 'a part of another file is of no use');
  assert.deepEqual(await bytesOf(other.body), packed);

  assert.equal(s.ask({ headers: { 'if-none-match': `W/"x", ${etag}` } }).status, 304);
  const head = s.ask({ method: 'HEAD' });
  assert.deepEqual(
    [head.status, head.body, head.headers['content-length']],
    [200, undefined, String(packed.length)],
  );
});

test('only what the manifest names can be had', async () => {
  await using s = await served();
  for (const name of [
    '../parent.db',
    '..%2fparent.db',
    '/etc/passwd',
    'other',
    '.',
    '__proto__',
    'MANIFEST.JSON',
  ]) {
    assert.throws(() => s.ask({ name }), { code: 'install.unknown-file', status: 404 }, name);
  }
  const help = s.ask({ name: '' });
  assert.match(String(help.body), /ficus cloud-init/);
  assert.match(String(help.body), new RegExp(`${s.bundle.manifestSha256} {2}manifest.json`));
});

test('so many at once, and a place is free again when one is done', async () => {
  await using s = await served();
  const open: DownloadBody[] = [];
  const start = (source: string) => open.push(s.ask({ source }).body as DownloadBody);
  for (let i = 0; i < downloadLimits.atOncePerSource; i++) start('10.0.0.1');
  assert.throws(() => start('10.0.0.1'), { code: 'install.busy', status: 503 });
  for (let i = open.length; i < downloadLimits.atOnce; i++) start('10.0.0.2');
  assert.throws(() => start('10.0.0.3'), { code: 'install.busy' });
  // The small ones always: a machine must be able to begin.
  assert.equal((await bytesOf(s.ask({ name: 'install.sh' }).body)).toString(), '#!/bin/sh\n');
  open[0]?.done();
  start('10.0.0.3');
  open[1]?.done();
  start('10.0.0.1');
  assert.throws(() => start('10.0.0.1'), { code: 'install.busy' });
});

test('a connection has one download, and an IPv6 host its /64', async () => {
  await using s = await served();
  const connection = {};
  const first = s.ask({ connection }).body as DownloadBody;
  assert.throws(() => s.ask({ connection }), { code: 'install.busy' }, 'sent ahead on the same connection');
  first.done();
  (s.ask({ connection }).body as DownloadBody).done();
  for (let i = 0; i < downloadLimits.atOncePerSource; i++) s.ask({ source: `2001:db8:0:1::${i}` });
  assert.throws(() => s.ask({ source: '2001:db8:0:1:ffff::1' }), { code: 'install.busy' });
  s.ask({ source: '2001:db8:0:2::1' });
});
