import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Page, readPages } from './pages.ts';

/** Reads `rows` by tens; `total` says what is said on a page. */
async function read(rows: readonly number[], total: (page: number) => number, seen = new Set<number>()) {
  const pages: number[] = [];
  let most = 0;
  let open = 0;
  const page = async (index: number): Promise<Page<number>> => {
    pages.push(index);
    most = Math.max(most, ++open);
    await new Promise(setImmediate);
    open--;
    return { rows: rows.slice(index * 10, index * 10 + 10), total: total(index) };
  };
  await readPages('GET rows', 10, page, (row) => {
    const fresh = !seen.has(row);
    seen.add(row);
    return fresh;
  });
  return { seen: seen.size, pages, most };
}
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

test('whatever the total says, every row comes', async () => {
  for (const total of [25, 0, 3, 1000]) {
    assert.equal((await read(numbers(25), () => total)).seen, 25, `total ${total}`);
    assert.equal((await read(numbers(20), () => total)).seen, 20, `total ${total}, full pages`);
  }
  assert.deepEqual((await read(numbers(25), () => 25)).pages, [0, 1, 2], 'not one page too many');
  assert.deepEqual((await read([], () => 0)).pages, [0]);
});

test('at most four pages at once, and a total without end asks for no more than there can be', async () => {
  const { most, pages } = await read(numbers(95), () => Number.MAX_SAFE_INTEGER);
  assert.equal(most, 4);
  assert.ok(pages.length <= 14, String(pages.length));
});

test('a list that never ends is refused', async () => {
  const same = readPages(
    'GET rows',
    10,
    () => Promise.resolve({ rows: numbers(10), total: 10 }),
    () => false,
  );
  await assert.rejects(same, { code: 'prism.bad-answer' });
  let next = 0;
  const endless = () => Promise.resolve({ rows: numbers(10).map(() => next++), total: 10 });
  await assert.rejects(
    readPages('GET rows', 10, endless, () => true),
    { code: 'prism.bad-answer' },
  );
  assert.ok(next <= 50_020, `${next} rows were taken`);
});

test('rows that come twice on pages that overlap count once', async () => {
  const drifting = [...numbers(10), 9, ...numbers(20).slice(10, 19), 19, 20];
  assert.equal((await read(drifting, () => 21)).seen, 21);
});
