import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLog } from '@ficus/common/log.ts';
import fc from 'fast-check';
import { completePrism, type PrismFile } from './config.ts';
import { Kept, keptMachines } from './kept.ts';

const config = (more: Partial<PrismFile> = {}) =>
  completePrism({ endpoint: 'https://pc:9440', apiKey: 'not-kept', ...more }, '/');
const machine = { id: 'a-1', name: 'orders-01', services: ['orders'], address: '10.0.0.1', port: 8080 };
const log = createLog({ level: 'silent' });

test('what was found comes back, to the one who asked the same; the key is not in it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ficus-kept-'));
  try {
    const path = join(directory, 'providers', 'nutanixprismcentral.json');
    const kept = new Kept(directory, config(), log);
    assert.equal(await kept.read(), undefined);
    await kept.write([machine], 1_700_000_000_000);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.doesNotMatch(await readFile(path, 'utf8'), /not-kept/);
    const { ino } = await stat(path);
    await kept.write([machine], 1_700_000_060_000);
    assert.equal((await stat(path)).ino, ino, 'nothing new, nothing written');
    const again = await new Kept(directory, config(), log).read();
    assert.deepEqual(again, { machines: [machine], lastGoodAt: 1_700_000_060_000 });
    const other = config({ serviceNameCategoryKey: 'Team' });
    assert.equal(await new Kept(directory, other, log).read(), undefined);
    await writeFile(path, '{"format":1,');
    assert.equal(await new Kept(directory, config(), log).read(), undefined);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('what a process killed while writing left behind is removed at the next start, and nothing else', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ficus-kept-'));
  try {
    const kept = new Kept(directory, config(), log);
    await kept.write([machine], 1_700_000_000_000);
    const providers = join(directory, 'providers');
    const others = ['.other.json.1.0a1b2c3d.tmp', '.nutanixprismcentral.json.swp'];
    for (const name of [...others, '.nutanixprismcentral.json.123.0a1b2c3d.tmp']) {
      await writeFile(join(providers, name), '{');
    }
    assert.deepEqual((await kept.read())?.machines, [machine]);
    assert.deepEqual((await readdir(providers)).sort(), [...others, 'nutanixprismcentral.json'].sort());
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('a disk that takes nothing is told once, until it takes something again', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ficus-kept-'));
  try {
    const lines: string[] = [];
    const kept = new Kept(
      directory,
      config(),
      createLog({ destination: { write: (line) => void lines.push(line) } }),
    );
    const inTheWay = join(directory, 'providers');
    await writeFile(inTheWay, 'no folder');
    for (let i = 0; i < 3; i++) await kept.write([{ ...machine }], i);
    assert.equal(lines.length, 1);
    await rm(inTheWay);
    await kept.write([machine], 4);
    await rm(inTheWay, { recursive: true });
    await writeFile(inTheWay, 'no folder');
    await kept.write([{ ...machine, port: 1 }], 5);
    assert.equal(lines.length, 2);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('of a damaged file only what could have been written is taken', () => {
  const read = (value: object) => keptMachines([{ ...machine, ...value }])[0];
  assert.deepEqual(read({ address: '169.254.169.254', port: 0, weight: 'many' }), {
    ...{ id: 'a-1', name: 'orders-01', services: ['orders'] },
  });
  assert.equal(read({ services: ['Orders`'] }), undefined);
  assert.equal(read({ id: '../x' }), undefined);
  fc.assert(fc.property(fc.array(fc.anything()), (value) => void keptMachines(value)));
});
