/** nghttp2's own client and load generator through the whole mesh: every request is answered. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import {
  type Path,
  run,
  startPath,
  startWorkload,
  type WorkloadProcess,
  without,
} from '../harness/harness.ts';

// Both programs are in one package.
suite('nghttp2', { skip: without('h2load') || without('nghttp') }, () => {
  let workload: WorkloadProcess;
  let path: Path;
  before(async () => {
    workload = await startWorkload({ name: 'shop' });
    path = await startPath({ url: workload.url });
  });
  after(async () => {
    await path?.[Symbol.asyncDispose]();
    await workload?.[Symbol.asyncDispose]();
  });

  async function loads(url: string): Promise<void> {
    const { stdout } = await run('h2load', ['-n', '20000', '-c', '8', '-m', '32', '-t', '1', url], 60_000);
    assert.match(
      stdout,
      /requests: 20000 total, 20000 started, 20000 done, 20000 succeeded, 0 failed, 0 errored/,
      stdout,
    );
    assert.match(stdout, /status codes: 20000 2xx, 0 3xx, 0 4xx, 0 5xx/, stdout);
  }

  test('h2load: 20,000 requests over TLS, all 2xx', () => loads(`${path.tlsUrl}/`));
  test('h2load: 20,000 requests in cleartext, all 2xx', () => loads(`${path.url}/`));

  test('h2load: 1,000 uploads of 64 KiB that are echoed', async () => {
    const file = await path.parent.directory.write('body', 'b'.repeat(65_536));
    const { stdout } = await run('h2load', [
      '-n',
      '1000',
      '-c',
      '4',
      '-m',
      '10',
      '-d',
      file,
      `${path.tlsUrl}/echo`,
    ]);
    assert.match(stdout, /status codes: 1000 2xx, 0 3xx, 0 4xx, 0 5xx/, stdout);
    const data = Number(/\((\d+)\) data/.exec(stdout)?.[1]);
    assert.equal(data, 1000 * 65_536, stdout);
  });

  test('nghttp: a request, its priority and its window', async () => {
    const { code, stdout } = await run('nghttp', [
      ...['-v', '--no-verify-peer', '-w', '16', '-W', '20', '-p', '64'],
      `${path.tlsUrl}/headers`,
    ]);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /The negotiated protocol: h2/);
    assert.match(stdout, /:status: 200/);
    assert.match(stdout, /"service":"shop"/);
  });
});
