import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PrismError } from './error.ts';
import { Versions } from './versions.ts';

const { signal } = new AbortController();
const status = (answered: number) => new PrismError('prism.test', String(answered), { answered });

/** A Prism Central that serves some versions, and says the newest or answers that question with a status. */
function prism(served: string[], says: string | number) {
  const asked: string[] = [];
  const state = { served, says };
  const asker = {
    ask: ({ path }: { readonly path: string }) => {
      asked.push(path);
      return typeof state.says === 'number'
        ? Promise.reject(status(state.says))
        : Promise.resolve({ data: state.says });
    },
  };
  const list = (version: string) => {
    asked.push(version);
    return state.served.includes(version) ? Promise.resolve(version) : Promise.reject(status(404));
  };
  return { asker, asked, state, list };
}

test('what is said, or found out by trying, is remembered', async () => {
  for (const [served, says, first] of [
    [['v4.0', 'v4.1', 'v4.2'], 'v4.2', 'v4.1'],
    [['v4.0'], 'v4.0', 'v4.0'],
    [['v4.0'], 404, 'v4.1 v4.0'],
    [['v4.0', 'v4.1'], 404, 'v4.1'],
  ] as const) {
    const { asker, asked, list } = prism([...served], says);
    const versions = new Versions(asker, 'auto');
    await versions.with('vmm', signal, list);
    assert.deepEqual(asked.splice(0), ['/api/vmm/unversioned/info', ...first.split(' ')]);
    await versions.with('vmm', signal, list);
    assert.deepEqual(asked, [first.split(' ').at(-1)]);
    assert.equal(versions.of('vmm'), first.split(' ').at(-1));
  }
});

test('a version that is there no more is asked for again; one that was set is not', async () => {
  const { asker, state, list } = prism(['v4.1', 'v4.0'], 'v4.2');
  const versions = new Versions(asker, 'auto');
  await versions.with('vmm', signal, list);
  Object.assign(state, { served: ['v4.0'], says: 404 });
  assert.equal(await versions.with('vmm', signal, list), 'v4.0');
  await assert.rejects(new Versions(asker, 'v4.1').with('vmm', signal, list), { answered: 404 });
  state.served = [];
  await assert.rejects(versions.with('vmm', signal, list), { answered: 404 });
});

test('a wrong key is tried once', async () => {
  const { asker, asked, list } = prism(['v4.1'], 401);
  await assert.rejects(new Versions(asker, 'auto').with('prism', signal, list), { answered: 401 });
  assert.equal(asked.length, 1);
});
