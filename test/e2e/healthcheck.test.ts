import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportFailure } from '@ficus/cli/output/failure.ts';
import { runProgram } from '@ficus/cli/program.ts';
import { capturedIo } from '@ficus/cli/testing/captured-io.ts';
import { makeChild, startChild } from '../harness/child.ts';
import { startParent } from '../harness/parent.ts';

async function healthcheck(config: string, env: Record<string, string> = {}) {
  const io = capturedIo({ env });
  const argv = config === '' ? ['healthcheck'] : ['healthcheck', '--config', config];
  const code = await runProgram(argv, io).catch((error: unknown) => reportFailure(io, error));
  return { code, ...io.written };
}

test('a parent and a child are well while they serve, and say why not when they don’t', async () => {
  await using parent = await startParent({});
  const parentFile = parent.directory.file('parent.yaml');
  const well = await healthcheck(parentFile);
  assert.equal(well.code, 0, well.err);
  assert.match(well.out, /the admin API answers.*\n.*entrypoint web accepts/);

  await using unjoined = await makeChild({ parent, name: 'vm-2' });
  const notJoined = await healthcheck(unjoined.directory.file('child.yaml'));
  assert.equal(notJoined.code, 1);
  assert.match(notJoined.err, /code: identity\.missing/);

  await using child = await startChild({ parent, name: 'vm-1' });
  const childFile = child.directory.file('child.yaml');
  const before = child.process.output.length;
  const childWell = await healthcheck('', { FICUS_CONFIG: childFile });
  assert.equal(childWell.code, 0, childWell.err);
  assert.match(childWell.out, /child vm-1: uplink entrypoint uplink serves/);
  assert.doesNotMatch(child.process.output.slice(before), /handshake|refused|error|warn/);

  // Frozen, it still has its port: only an answer tells.
  child.process.kill('SIGSTOP');
  const frozen = await healthcheck(childFile);
  child.process.kill('SIGCONT');
  assert.equal(frozen.code, 1);
  assert.match(frozen.err, /no handshake within 3000 ms\n {2}code: healthcheck\.not-serving/);

  parent.process.kill('SIGKILL');
  await parent.process.exited;
  const dead = await healthcheck(parentFile);
  assert.equal(dead.code, 1);
  assert.match(dead.err, /the admin API .* does not serve: .*\n {2}code: healthcheck\.not-serving/);
});

test('without a configuration file there is nothing to ask about', async () => {
  const none = await healthcheck('');
  assert.equal(none.code, 2);
  assert.match(none.err, /FICUS_CONFIG/);
});
