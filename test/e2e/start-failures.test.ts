/** Starts that must fail: one line that says what to do, exit code 1, nothing lost. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { test } from 'node:test';
import {
  eventually,
  type Managed,
  makeChild,
  makeParent,
  startMesh,
  startParent,
} from '../harness/harness.ts';

/** It ended by itself with 1, and said what is wrong and what to do. */
async function failed(process: Managed, message: RegExp): Promise<void> {
  await eventually(() => process.exit !== undefined, 15_000, 'its end');
  assert.equal(process.exit?.code, 1, process.output);
  assert.match(process.output, message);
  assert.match(process.output, /^error: .+\n {2}code: \S+\n {2}do: .+$/m);
  assert.doesNotMatch(process.output, /\n\s+at .+:\d+:\d+/, 'no stack trace');
}

test('a port in use: the public one, and the join listener’s', async () => {
  for (const port of ['port', 'joinPort'] as const) {
    await using parent = await makeParent();
    const holder = createServer().listen(parent[port], '127.0.0.1');
    await using _ = { [Symbol.asyncDispose]: async () => void holder.close() };
    await eventually(() => holder.listening);
    await failed(parent.spawn(), new RegExp(`${parent[port]}`));
  }
});

test('a child’s port in use', async () => {
  await using parent = await startParent();
  await using child = await makeChild({ parent, name: 'vm-1' });
  await child.join();
  const holder = createServer().listen(child.port, '127.0.0.1');
  await using _ = { [Symbol.asyncDispose]: async () => void holder.close() };
  await eventually(() => holder.listening);
  await failed(child.spawn(), new RegExp(`${child.port}`));
});

test('a child that never joined says how to', async () => {
  await using parent = await makeParent();
  await using child = await makeChild({ parent, name: 'vm-1' });
  await failed(child.spawn(), /ficus join/);
});

test('a state directory that can’t be written', async () => {
  // Below a file: unwritable even for root, which tests may run as.
  await using parent = await makeParent({ static: { stateDirectory: 'parent.yaml/state' } });
  await failed(parent.spawn(), /parent\.yaml\/state/);
});

test('two parents on one state directory: the second one refuses', async () => {
  await using parent = await startParent();
  await using other = await makeParent({ static: { stateDirectory: parent.directory.file('state') } });
  await failed(other.spawn(), /state/);
  assert.equal((await parent.status()).name, 'parent');
});

test('a corrupt database: nothing is changed, and with the good one back nothing is lost', async () => {
  await using mesh = await startMesh({ weights: { 'vm-1': 70, 'cluster-1': 30 } });
  const { parent } = mesh;
  await parent.stop();
  const file = parent.directory.file('state/parent.db');
  const good = await readFile(file);
  const bad = Buffer.from(good);
  bad.fill(0x5a, 0, Math.min(bad.length, 8192));
  await writeFile(file, bad);
  await failed(parent.spawn(), /parent\.db/);
  assert.deepEqual(await readFile(file), bad, 'what is there is kept as it is');
  await writeFile(file, good);
  await parent.start();
  await parent.leg('orders', 'vm-1', (leg) => leg.weight === 70);
});
