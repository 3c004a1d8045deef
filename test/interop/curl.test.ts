/** curl through the whole mesh, and straight to a child's uplink with a parent's certificate: it is standard HTTP/2. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import { identityDirectory } from '@ficus/child/state/identity-directory.ts';
import { Authority } from '@ficus/pki/authority.ts';
import { createRequest } from '@ficus/pki/csr.ts';
import { parentId } from '@ficus/pki/identity.ts';
import { loadIdentity } from '@ficus/pki/node-identity.ts';
import {
  type Path,
  run,
  startPath,
  startWorkload,
  type WorkloadProcess,
  without,
  workloadName,
} from '../harness/harness.ts';

suite('curl', { skip: without('curl') }, () => {
  let workload: WorkloadProcess;
  let path: Path;
  before(async () => {
    workload = await startWorkload({ name: 'shop' });
    path = await startPath({ url: workload.url });
    await path.parent.directory.write('web.pem', path.ca);
  });
  after(async () => {
    await path?.[Symbol.asyncDispose]();
    await workload?.[Symbol.asyncDispose]();
  });

  const file = (name: string) => path.parent.directory.file(name);

  /** Runs curl; the last line of what it printed is `<http version> <status>`. */
  async function curl(...args: readonly string[]): Promise<{ how: string; body: string }> {
    const { code, stdout, stderr } = await run('curl', [
      ...['-sS', '--max-time', '20', '-w', '\n%{http_version} %{http_code}'],
      ...args,
    ]);
    assert.equal(code, 0, stderr);
    const at = stdout.lastIndexOf('\n');
    return { how: stdout.slice(at + 1), body: stdout.slice(0, at) };
  }

  test('--http2 over TLS: negotiated by ALPN, the host and the path arrive as they were', async () => {
    const { how, body } = await curl('--http2', '--cacert', file('web.pem'), `${path.tlsUrl}/headers?a=1`);
    assert.equal(how, '2 200');
    const seen = JSON.parse(body) as { service: string; path: string; headers: Record<string, string> };
    assert.equal(seen.service, 'shop');
    assert.equal(seen.path, '/headers?a=1');
    assert.equal(seen.headers['host'], `localhost:${path.tlsPort}`);
    assert.equal(seen.headers['x-forwarded-proto'], 'https');
    assert.equal(seen.headers['ficus-uplink'], undefined);
  });

  test('--http1.1 over TLS on the same entrypoint', async () => {
    const { how } = await curl('--http1.1', '--cacert', file('web.pem'), `${path.tlsUrl}/`);
    assert.equal(how, '1.1 200');
  });

  test('--http2-prior-knowledge in cleartext, and HTTP/1.1 on the same port', async () => {
    assert.equal((await curl('--http2-prior-knowledge', `${path.url}/`)).how, '2 200');
    assert.equal((await curl('--http1.1', `${path.url}/`)).how, '1.1 200');
  });

  test('--http2 in cleartext: an Upgrade: h2c is not taken, the answer comes over HTTP/1.1', async () => {
    assert.equal((await curl('--http2', `${path.url}/`)).how, '1.1 200');
  });

  test('an 8 MiB body there and back, with Expect: 100-continue and with chunks', async () => {
    const bytes = randomBytes(8 * 1024 * 1024);
    await writeFile(file('upload'), bytes);
    for (const more of [
      ['-H', 'Expect: 100-continue'],
      ['-H', 'Transfer-Encoding: chunked'],
    ]) {
      const { how } = await curl(
        ...['--http2', '--cacert', file('web.pem'), '--data-binary', `@${file('upload')}`],
        ...['-o', file('download'), ...more, `${path.tlsUrl}/echo`],
      );
      assert.equal(how, '2 200');
      assert.ok(bytes.equals(await readFile(file('download'))));
    }
  });

  test('many URLs in one run share one connection', async () => {
    const url = `${path.tlsUrl}/[1-50]`;
    const { stdout } = await run('curl', [
      ...['-sS', '--http2', '--cacert', file('web.pem'), '-Z', '--parallel-max', '20'],
      ...['-o', '/dev/null', '-w', '%{http_version} %{http_code} %{num_connects}\n', url],
    ]);
    const lines = stdout.trim().split('\n');
    assert.equal(lines.length, 50);
    assert.ok(lines.every((line) => line.startsWith('2 200 ')));
    const connects = lines.reduce((sum, line) => sum + Number(line.split(' ')[2]), 0);
    assert.ok(connects <= 20, `${connects} connections`);
  });

  test('--head, and a status without a body', async () => {
    const ca = ['--cacert', file('web.pem'), '--http2'];
    const { how, body } = await curl(...ca, '--head', `${path.tlsUrl}/headers`);
    assert.equal(how, '2 200');
    assert.match(body, /^content-length: \d{2,}\r$/m);
    assert.deepEqual(await curl(...ca, `${path.tlsUrl}/status/204`), { how: '2 204', body: '' });
  });

  test('straight to port 9443 over HTTP/2 with a certificate of the parent’s identity', async () => {
    const { trustDomain } = await loadIdentity(identityDirectory(path.child.directory.file('state')));
    const authority = await Authority.open({ directory: file('state/ca'), trustDomain, create: false });
    const uri = parentId(trustDomain, 'parent');
    const { key, csr } = createRequest({ uri });
    await path.parent.directory.write('me.key', key);
    const { certificate } = await authority.issue({ csr, uri, ttlMs: 3_600_000 });
    await path.parent.directory.write('me.pem', certificate);
    // The child's certificate carries its SPIFFE ID and no host name, which curl could not compare.
    const own = ['--http2', '-k', '--cert', file('me.pem'), '--key', file('me.key')];
    const url = `https://127.0.0.1:${path.child.port}`;

    const routed = await curl(...own, '-H', `ficus-uplink: ${workloadName}`, `${url}/headers`);
    assert.equal(routed.how, '2 200');
    const seen = JSON.parse(routed.body) as { service: string; headers: Record<string, string> };
    assert.equal(seen.service, 'shop');
    assert.equal(seen.headers['ficus-uplink'], undefined, 'it ends at the child');

    const unknown = await curl(...own, '-H', 'ficus-uplink: nothing', `${url}/`);
    assert.equal(unknown.how, '2 404');
    assert.match(unknown.body, /uplink\.unknown/);
    const advertisement = await curl(...own, `${url}/.well-known/ficus/v1/advertisement`);
    assert.equal(advertisement.how, '2 200');
    assert.match(advertisement.body, new RegExp(`"${workloadName}"`));
    const stranger = await run('curl', ['-sS', '-k', '--http2', `${url}/`]);
    assert.notEqual(stranger.code, 0, 'without a certificate there is no answer');
  });
});
