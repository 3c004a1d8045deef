import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createLog } from '@ficus/common/log.ts';
import type { Model } from '@ficus/gateway/model/model.ts';
import { writeLastGood } from './last-good.ts';
import { loadChildConfig, readChildConfig } from './load-config.ts';

let root = '';
let count = 0;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'ficus-config-'));
});
after(() => rm(root, { recursive: true }));

const lines: string[] = [];
const log = createLog({ destination: { write: (line) => void lines.push(line) } });
const model = { entryPoints: [], routers: [] } as unknown as Model;

async function folder(text: string): Promise<{ file: string; directory: string }> {
  const directory = join(root, `d${count++}`);
  await mkdir(directory);
  const file = join(directory, 'child.yaml');
  await writeFile(file, text);
  return { file, directory };
}

const good = 'workloads: {orders: {url: "http://127.0.0.1:8080"}}\n';
const broken = 'workloads: {orders: {uri: "http://127.0.0.1:8080"}}\n';

test('a mistake is refused with its place; a missing file says which', async () => {
  const { file } = await folder(broken);
  await assert.rejects(readChildConfig(file), {
    code: 'config.refused',
    message: /child\.yaml:1:\d+: .*uri/,
  });
  await assert.rejects(readChildConfig(`${file}.not`), { code: 'config.missing' });
});

for (const [what, line, directory] of [
  ['in its default place', '', 'state'],
  ['where the broken file still says', 'stateDirectory: ./kept # here\n', 'kept'],
  ['in quotes', 'stateDirectory: "my state"\n', 'my state'],
] as const) {
  test(`a broken file falls back to the last good configuration, ${what}`, async () => {
    const { file, directory: folderPath } = await folder(line + good);
    const { config } = await readChildConfig(file);
    assert.equal(config.stateDirectory, join(folderPath, directory));
    await mkdir(config.stateDirectory);
    await writeLastGood(config.stateDirectory, { config, model, offers: [] });
    await writeFile(file, line + broken);
    lines.length = 0;
    assert.deepEqual(await loadChildConfig(file, log), JSON.parse(JSON.stringify(config)));
    assert.match(lines.join(''), /"level":"error".*config\.refused/);
  });
}

test('without a last good one the mistakes are the answer', async () => {
  const { file } = await folder(broken);
  await assert.rejects(loadChildConfig(file, log), { code: 'config.refused' });
});

test('a damaged last good file is no last good file', async () => {
  const { file, directory } = await folder(broken);
  await mkdir(join(directory, 'state'));
  await writeFile(join(directory, 'state', 'last-good.json'), '{"format":1,"model":{}}');
  await assert.rejects(loadChildConfig(file, log), { code: 'config.refused' });
});
