/** A machine that has few programs. */
import { access, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { TemporaryDirectory } from './directory.ts';

/** A PATH with what every Linux has, and `some`. */
export async function programs(some: readonly string[]) {
  const directory = await TemporaryDirectory.make('path');
  const usual =
    'cat chmod cmp cut date grep gzip head id mkdir mv rm sed sha256sum sleep sync tail tee tr uname wc';
  for (const name of [...usual.split(' '), ...some]) {
    for (const folder of ['/usr/bin', '/bin', '/usr/local/bin']) {
      const found = await access(join(folder, name)).then(
        () => true,
        () => false,
      );
      if (!found) continue;
      await symlink(join(folder, name), directory.file(name));
      break;
    }
  }
  return { path: directory.path, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}
