/** Loads a native library that the executable carries: the system loads files only, so it is one for a moment. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sea from 'node:sea';
import { FicusError } from '@ficus/common/errors.ts';

/** Private folders that may be there; of a temporary one nothing may be executable. */
function folders(): readonly string[] {
  const { RUNTIME_DIRECTORY, STATE_DIRECTORY } = process.env;
  const given = [RUNTIME_DIRECTORY, STATE_DIRECTORY].filter((path) => path !== undefined && path !== '');
  return [tmpdir(), ...(given as string[]), '/dev/shm'];
}

/**
 * The library's exports. Its file is in a folder that only this user can enter (0700) and is gone before this returns; the loaded
 * code stays. Throws a FicusError `native.not-loaded` when it can be loaded from nowhere. `bytes` and `from` are for tests.
 */
export function loadNative(
  name: string,
  bytes: () => Uint8Array = () => new Uint8Array(sea.getRawAsset(name)),
  from: readonly string[] = folders(),
): unknown {
  const failures: string[] = [];
  for (const parent of from) {
    let folder: string | undefined;
    try {
      folder = mkdtempSync(join(parent, 'ficus-'));
      const file = join(folder, name);
      writeFileSync(file, bytes(), { mode: 0o700 });
      const module = { exports: {} };
      process.dlopen(module, file);
      return module.exports;
    } catch (error) {
      failures.push(`${parent}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    }
  }
  throw new FicusError(
    'native.not-loaded',
    `${name} could be loaded from no folder: ${failures.join('; ')}`,
    {
      remedy: 'set TMPDIR to a folder this user may write to and load libraries from (not mounted noexec)',
    },
  );
}
