/** Files of npm packages for another machine's architecture, which `npm ci` does not install here. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface Locked {
  readonly version: string;
  readonly integrity?: string;
}

/** What package-lock.json says of a package. Throws when it does not know it. */
export async function locked(root: string, name: string): Promise<Locked> {
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>;
  };
  const found = lock.packages[`node_modules/${name}`];
  if (found === undefined) throw new Error(`package-lock.json has no ${name}`);
  return found;
}

/**
 * The folder of a package: the installed one, or one fetched with `npm pack` into `cache` and checked against package-lock.json.
 * Throws when it can't be fetched or is not the one that is locked.
 */
export async function packageFolder(root: string, name: string, cache: string): Promise<string> {
  const installed = join(root, 'node_modules', name);
  if (existsSync(installed)) return installed;
  const { version, integrity } = await locked(root, name);
  const folder = join(cache, `${name.replace('/', '+')}-${version}`);
  if (existsSync(folder)) return join(folder, 'package');
  await mkdir(cache, { recursive: true });
  const fetching = await mkdtemp(join(cache, '.fetching-'));
  try {
    await run('npm', ['pack', '--silent', '--pack-destination', fetching, `${name}@${version}`], {
      cwd: root,
      timeout: 300_000,
    });
    const file = (await readdir(fetching)).find((each) => each.endsWith('.tgz'));
    if (file === undefined) throw new Error(`npm pack gave no file for ${name}@${version}`);
    const archive = join(fetching, file);
    const sum = `sha512-${createHash('sha512')
      .update(await readFile(archive))
      .digest('base64')}`;
    if (sum !== integrity) {
      throw new Error(`${name}@${version}: want ${integrity} (package-lock.json), found ${sum}`);
    }
    await run('tar', ['-xzf', archive, '-C', fetching]);
    await rm(archive);
    await rename(fetching, folder);
    return join(folder, 'package');
  } finally {
    await rm(fetching, { recursive: true, force: true });
  }
}
