import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Io } from '../output/io.ts';
import { runNode } from './run-node.ts';

let cwd: string;
before(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'ficus-run-node-'));
});
after(() => rm(cwd, { recursive: true }));

/** What starting `role` with `text` as its configuration says. */
async function refusal(
  role: 'parent' | 'child',
  text: string,
): Promise<{ code: string; message: string; remedy: string }> {
  await writeFile(join(cwd, 'node.yaml'), text);
  try {
    await runNode(role, ['--config', 'node.yaml'], { cwd } as Io);
  } catch (error) {
    return error as { code: string; message: string; remedy: string };
  }
  return assert.fail('it started');
}

const childFile = 'stateDirectory: ./state\nworkloads:\n  orders: {url: "http://127.0.0.1:1"}\n';
const parentFile = 'entryPoints: {web: {address: ":0"}}\njoin: {address: ":0"}\n';

test('the other role’s file is named as such, with the command that takes it', async () => {
  const parent = await refusal('parent', childFile);
  assert.equal(parent.code, 'config.other-kind');
  assert.match(parent.message, /want a parent's configuration, found a child's/);
  assert.match(parent.remedy, /ficus child --config/);
  const child = await refusal('child', parentFile);
  assert.equal(child.code, 'config.other-kind');
  assert.match(child.remedy, /ficus parent --config/);
});

test('a mistake in a file of the right kind is told with its place', async () => {
  const parent = await refusal('parent', 'entryPoints: {web: {adress: ":0"}}\n');
  assert.equal(parent.code, 'config.invalid');
  assert.match(parent.message, /node\.yaml:1:\d+: .*adress.*did you mean "address"/s);
  const child = await refusal('child', childFile.replace('url', 'ulr'));
  assert.equal(child.code, 'config.refused');
  assert.match(child.message, /node\.yaml:3:\d+: .*ulr.*did you mean "url"/s);
});
