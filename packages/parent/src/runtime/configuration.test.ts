import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ConfigProblem } from '@ficus/common/config/problem.ts';
import type { DynamicSource } from '@ficus/gateway/model/resolve-input.ts';
import { decodeRemembered, StateFile } from '../state/last-good.ts';
import { advertisement } from '../testing/fake-child.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { Configuration } from './configuration.ts';

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'ficus-configuration-'));
});
after(() => rm(root, { recursive: true }));

const problem: ConfigProblem = {
  file: 'a.yaml',
  line: 3,
  column: 5,
  path: ['http'],
  message: 'want b, got c',
};
const source = (service: string): DynamicSource => ({
  provider: 'file',
  config: { http: { services: { [service]: {} } } } as DynamicSource['config'],
  files: new Map([['/a.pem', 'PEM']]),
});

function configured(directory: string) {
  const logged: string[] = [];
  const state = { changes: 0, mistakes: [] as ConfigProblem[], logged };
  const file = new StateFile(directory, 'last-good-configuration.json', new ManualClock(), (_, message) =>
    logged.push(message),
  );
  const configuration = new Configuration({
    clock: new ManualClock(),
    log: (_, message) => logged.push(message),
    file,
    check: () => state.mistakes,
    onChange: () => {
      state.changes += 1;
    },
  });
  return Object.assign(state, { configuration, file });
}

test('a bad reload is refused and shown, what runs stays, and mending it clears the problem', async () => {
  const run = configured(join(root, 'reload'));
  await run.configuration.start({ source: source('a'), problems: [] });
  run.mistakes = [problem];
  run.configuration.refuse(run.configuration.offer(source('b')));
  assert.equal(run.changes, 0);
  assert.deepEqual(run.configuration.sources, [source('a')]);
  assert.deepEqual(run.configuration.status().refused, ['a.yaml:3:5: http: want b, got c']);
  run.mistakes = [];
  assert.deepEqual(run.configuration.offer(source('b')), []);
  assert.equal(run.changes, 1);
  assert.deepEqual(run.configuration.status(), {
    ...{ revision: 2, loadedAt: 0, refusals: 1 },
    ...{ refused: [], held: [] },
  });
  run.configuration.refuse(Array(50).fill(problem));
  assert.equal(run.configuration.status().refused.length, 21);
  run.configuration.refuse([]);
  assert.deepEqual(run.configuration.status().refused, []);
});

test('files that are held are told beside the mistakes, until all is good', async () => {
  const run = configured(join(root, 'held'));
  assert.equal(await run.configuration.start({ source: source('a'), problems: [] }), true);
  run.configuration.refuse(
    [problem],
    [
      { file: 'a.yaml', counts: true },
      { file: 'c.yaml', counts: false },
    ],
  );
  const { refused, held } = run.configuration.status();
  assert.deepEqual(refused, ['a.yaml:3:5: http: want b, got c']);
  assert.deepEqual(held, [
    'a.yaml still counts as it was; the other files are taken up',
    'c.yaml is left out; the other files are taken up',
  ]);
  assert.deepEqual(run.logged, ['configuration refused: the files that have no mistakes serve']);
  run.configuration.refuse([]);
  assert.deepEqual(run.configuration.status().held, []);
});

test('broken files at start: the last good configuration serves, loudly', async () => {
  const directory = join(root, 'start');
  const first = configured(directory);
  await first.configuration.start({ source: source('a'), problems: [] });
  await first.file.flush();
  const { mode } = await stat(first.file.path);
  assert.equal(mode & 0o777, 0o600);

  const again = configured(directory);
  await again.configuration.start({ problems: [problem] });
  assert.deepEqual(again.configuration.sources, [source('a')]);
  assert.equal(again.configuration.status().refused.length, 1);
  assert.ok(again.logged.some((message) => message.includes('last good')));
});

test('broken files and nothing to fall back on: the start fails with the place', async () => {
  const run = configured(join(root, 'nothing'));
  await assert.rejects(run.configuration.start({ problems: [problem] }), {
    code: 'config.refused',
    message: 'a.yaml:3:5: http: want b, got c',
  });
});

test('one bad object and nothing to fall back on: the rest serves', async () => {
  const run = configured(join(root, 'partly'));
  run.mistakes = [problem];
  await run.configuration.start({ source: source('a'), problems: [] });
  assert.equal(run.configuration.sources.length, 1);
  assert.equal(run.configuration.status().refused.length, 1);
});

test('a damaged state file is passed over; one that cannot be written is said once', async () => {
  const run = configured(root);
  await writeFile(run.file.path, '{"format":1,"value":');
  assert.equal(await run.file.read(), undefined);
  assert.equal(run.logged.length, 1);

  const blocked = join(root, 'blocked');
  await writeFile(blocked, '');
  await chmod(blocked, 0o400);
  const other = configured(blocked);
  for (let i = 0; i < 3; i++) {
    other.file.save(() => i);
    await other.file.flush();
  }
  assert.equal(other.logged.length, 1);
});

test('remembered children are checked as if they came over the wire', async () => {
  const { file } = configured(join(root, 'children'));
  const good = { advertisement: advertisement({ orders: 3 }, { draining: true }), addresses: ['127.0.0.1'] };
  file.save(() => [
    good,
    { advertisement: { ...good.advertisement, child: '../etc' }, addresses: [] },
    null,
    7,
  ]);
  await file.flush();
  const remembered = decodeRemembered(await file.read());
  assert.deepEqual([...remembered.keys()], ['vm-1']);
  assert.equal(remembered.get('vm-1')?.advertisement.draining, false);
  assert.equal(decodeRemembered({ a: 1 }).size, 0);
});
