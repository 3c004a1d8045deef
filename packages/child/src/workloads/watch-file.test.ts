import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemClock } from '@ficus/common/clock.ts';
import { watchFile } from './watch-file.ts';

let root = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'ficus-watch-'));
});
after(() => rm(root, { recursive: true }));

/** Resolves at the next change of `path`; `ready` when the watch has looked once. */
function nextChange(path: string): { changed: Promise<void>; stop: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  // The tests' own timer keeps the process alive: the watch must not.
  const alive = setTimeout(() => {}, 10_000);
  const stop = watchFile(path, systemClock, resolve);
  return { changed: promise, stop: () => [stop(), clearTimeout(alive)] as never };
}
const settle = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

async function expectChange(path: string, change: () => Promise<unknown>): Promise<void> {
  const { changed, stop } = nextChange(path);
  await settle();
  try {
    await change();
    await changed;
  } finally {
    stop();
  }
}

test('an edit in place, a rename over it, and a file that appears', async () => {
  const path = join(root, 'a.yaml');
  await expectChange(path, () => writeFile(path, 'one'));
  await expectChange(path, () => writeFile(path, 'three'));
  await writeFile(join(root, 'b.yaml'), 'other');
  await expectChange(path, () => rename(join(root, 'b.yaml'), path));
});

test('a swapped link to a directory, as a mounted ConfigMap does it', async () => {
  const directory = join(root, 'mounted');
  for (const version of ['v1', 'v2']) {
    await mkdir(join(directory, version), { recursive: true });
    await writeFile(join(directory, version, 'child.yaml'), version);
  }
  await symlink('v1', join(directory, '..data'));
  await symlink(join('..data', 'child.yaml'), join(directory, 'child.yaml'));
  await symlink('v2', join(directory, '..new'));
  await expectChange(join(directory, 'child.yaml'), () =>
    rename(join(directory, '..new'), join(directory, '..data')),
  );
});

test('a link into a directory that is not watched is found by looking', async () => {
  await mkdir(join(root, 'far'));
  await writeFile(join(root, 'far', 'child.yaml'), 'one');
  await symlink(join(root, 'far', 'child.yaml'), join(root, 'near.yaml'));
  await expectChange(join(root, 'near.yaml'), () => writeFile(join(root, 'far', 'child.yaml'), 'three'));
});
