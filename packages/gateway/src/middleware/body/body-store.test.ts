import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { eventually } from '../../testing/eventually.ts';
import { BodyStore } from './body-store.ts';
import type { BodyReader } from './store-reading.ts';

/** A folder for the files of one test. */
function folder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'body-store-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

/** Files of `path` that this process holds open, gone from their folder or not. */
function open(path: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(path);
    } catch {
      return false;
    }
  }).length;
}

function owned(memoryBytes: number, path?: string) {
  const seen = { drains: 0, error: '' };
  const store = new BodyStore(
    memoryBytes,
    { storeDrained: () => seen.drains++, storeFailed: ({ message }) => (seen.error = message) },
    path,
  );
  return { store, seen };
}

const ended = (store: BodyStore) => new Promise<void>((resolve) => store.end(resolve));

/** All of a store; `step` decides after each piece whether to go on at once. */
function readAll(store: BodyStore, step = () => true): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    const reader: BodyReader = {
      piece(chunk) {
        pieces.push(Buffer.from(chunk));
        if (step()) return true;
        setImmediate(() => reading.resume());
        return false;
      },
      whole: () => resolve(Buffer.concat(pieces)),
      pieceTurnEnd: () => undefined,
      unreadable: reject,
    };
    const reading = store.read(reader);
    reading.resume();
  });
}

describe('a body store', () => {
  for (const [memory, sizes] of [
    [1000, [10, 20, 30]],
    [100, [60, 60, 5000, 1]],
    [0, [1]],
    [100_000, [99_999, 1, 200_000, 70_000]],
    [100, []],
  ] as const) {
    test(`${JSON.stringify(sizes)} with ${memory} bytes in memory, read twice`, async () => {
      using files = folder();
      const pieces = sizes.map((size) => randomBytes(size));
      const { store } = owned(memory, files.path);
      for (const piece of pieces) {
        const chunk = Buffer.from(piece);
        store.write(chunk);
        chunk.fill(0);
      }
      await ended(store);
      const whole = Buffer.concat(pieces);
      assert.equal(store.length, whole.length);
      assert.deepEqual(readdirSync(files.path), []);
      assert.ok((await readAll(store)).equals(whole));
      assert.ok((await readAll(store, () => Math.random() < 0.5)).equals(whole));
      assert.equal(open(files.path), whole.length > memory ? 1 : 0);
      store.close();
      await eventually(() => open(files.path) === 0, 'the file to be closed');
    });
  }

  test('says when the disk is behind, and when it has caught up', async () => {
    using files = folder();
    const { store, seen } = owned(0, files.path);
    let goesOn = true;
    while (goesOn) goesOn = store.write(randomBytes(65_536));
    assert.ok(store.length < 1_000_000);
    await eventually(() => seen.drains === 1, 'the disk');
    assert.equal(store.write(Buffer.from('x')), true);
    store.close();
    await eventually(() => open(files.path) === 0, 'the file to be closed');
  });

  test('closed while it opens, writes or is read, it leaves nothing', async () => {
    using files = folder();
    for (const turns of [0, 1, 2, 5]) {
      const { store, seen } = owned(0, files.path);
      store.write(randomBytes(100_000));
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
      store.close();
      store.close();
      await eventually(() => open(files.path) === 0 && readdirSync(files.path).length === 0, 'it to be gone');
      assert.equal(seen.error, '');
    }
    const { store } = owned(0, files.path);
    store.write(randomBytes(1_000_000));
    await ended(store);
    const reading = store.read({
      piece: () => true,
      whole: () => assert.fail('read after its end'),
      pieceTurnEnd: () => undefined,
      unreadable: () => assert.fail('told after its end'),
    });
    reading.resume();
    reading.cancel();
    store.close();
    await eventually(() => open(files.path) === 0, 'the file to be closed');
  });

  test('a folder that is not there, or full', async () => {
    const { store, seen } = owned(10, '/proc/self/nowhere');
    store.write(randomBytes(100));
    await eventually(() => seen.error !== '', 'the failure');
    assert.match(seen.error, /ENOENT/);
    store.write(randomBytes(100));
    store.close();
  });
});
