import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from '../testing/eventually.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { LineWriter } from './line-writer.ts';

class Scene implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'ficus-access-log-'));
  readonly filePath = join(this.folder, 'access.log');
  readonly clock = new ManualClock();
  readonly dropped: [number, string][] = [];
  readonly writer = new LineWriter({
    filePath: this.filePath,
    clock: this.clock,
    onDropped: (lines, why) => this.dropped.push([lines, why]),
  });

  read(name = this.filePath): string {
    return readFileSync(name, 'latin1');
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}

test('lines wait for others, then leave in order', async () => {
  using scene = new Scene();
  scene.writer.line('one\n');
  scene.writer.line('two\n');
  assert.equal(scene.read(), '');
  scene.clock.advance(100);
  await eventually(() => scene.read() === 'one\ntwo\n', 'the batch');
  scene.writer.line('three\n');
  await scene.writer.close();
  assert.equal(scene.read(), 'one\ntwo\nthree\n');
});

test('a full batch does not wait', async () => {
  using scene = new Scene();
  const line = `${'x'.repeat(1023)}\n`;
  for (let i = 0; i < 64; i++) scene.writer.line(line);
  await eventually(() => scene.read().length === 65536, 'the batch');
  await scene.writer.close();
});

test('what a slow disk cannot take is dropped and told once a second', async () => {
  using scene = new Scene();
  const line = `${'x'.repeat(65535)}\n`;
  // One turn of the event loop: no write can end in it.
  for (let i = 0; i < 70; i++) scene.writer.line(line);
  assert.deepEqual(scene.dropped, [[1, 'the disk or the reader is too slow']]);
  scene.clock.advance(1000);
  scene.writer.line(line);
  assert.equal(scene.dropped[1]?.[0], 6);
  await scene.writer.close();
  assert.equal(scene.read().length, 64 * 65536);
});

test('a renamed file is left and a new one opened; no line is lost', async () => {
  using scene = new Scene();
  const old = `${scene.filePath}.1`;
  scene.writer.line('before\n');
  scene.clock.advance(100);
  await eventually(() => scene.read() === 'before\n', 'the first line');
  renameSync(scene.filePath, old);
  scene.writer.reopen();
  scene.writer.line('after\n');
  await scene.writer.close();
  assert.deepEqual([scene.read(old), scene.read()], ['before\n', 'after\n']);
});

test('a file that cannot be opened says what to do', () => {
  const clock = new ManualClock();
  assert.throws(
    () => new LineWriter({ filePath: '/dev/null/access.log', clock, onDropped: () => undefined }),
    {
      code: 'access-log.unwritable',
      message: 'accessLog.filePath: cannot write /dev/null/access.log (ENOTDIR)',
    },
  );
});
