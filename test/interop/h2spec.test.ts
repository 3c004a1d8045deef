/** h2spec, strict: both kinds of public entrypoint of a whole mesh speak HTTP/2 as RFC 9113 and RFC 7541 have it. */
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

suite('h2spec -S', { skip: without('h2spec') }, () => {
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

  async function passes(port: number, ...args: readonly string[]): Promise<void> {
    const { code, stdout, stderr } = await run(
      'h2spec',
      ['-S', '-h', '127.0.0.1', '-p', String(port), '-o', '5', ...args],
      80_000,
    );
    const failures = stdout.slice(stdout.indexOf('Failures:'));
    assert.equal(code, 0, `${failures}${stderr}`);
    assert.match(stdout, /\n146 tests, 146 passed, 0 skipped, 0 failed/);
  }

  test('passes whole against a TLS entrypoint', () => passes(path.tlsPort, '-t', '-k'));
  test('passes whole against a cleartext entrypoint', () => passes(path.port));
});
