/** The disk of a Debian 12 VM with cloud-init: built once, then taken from a cache. */
import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command } from './command.ts';
import { findMirror, machineAptConf, proxyEnvironment } from './mirror.ts';

/** What QEMU boots. The disk is never written to: machines see it with `snapshot=on`. */
export interface RootImage {
  readonly disk: string;
  readonly kernel: string;
  readonly initrd: string;
}

const recipe = fileURLToPath(new URL('./root', import.meta.url));

/** `$FICUS_VM_CACHE`, else `ficus-vm` in the user's cache folder. */
export function cacheFolder(): string {
  const folder = process.env['FICUS_VM_CACHE'];
  if (folder !== undefined) return folder;
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'ficus-vm');
}

/** From the cache when its recipe and the mirror's Debian are the same as now, else built; `say` hears which. */
export async function rootImage(say: (text: string) => void): Promise<RootImage> {
  const cache = cacheFolder();
  await mkdir(cache, { recursive: true, mode: 0o755 });
  const mirror = await findMirror();
  const hash = await recipeHash();
  const built = (await readdir(cache)).filter((name) => name.startsWith(`root-${hash}-`)).sort();
  const newest = built.at(-1);
  const name = mirror.date === undefined ? newest : `root-${hash}-${mirror.date}`;
  if (name === undefined)
    throw new Error('the Debian mirror of this machine does not answer, and no image is cached');

  const folder = join(cache, name);
  if (built.includes(name)) {
    say(`root image from the cache: ${folder}`);
  } else {
    const building = join(cache, `building-${process.pid}`);
    say(`building the root image (a minute or two): ${folder}`);
    try {
      await mkdir(building, { recursive: true });
      await writeFile(join(building, 'sources.list'), `${mirror.sources.join('\n')}\n`);
      await writeFile(join(building, 'apt.conf'), await machineAptConf());
      const script = ['--mount', join(recipe, 'build.sh'), building, mirror.uri];
      await command('unshare', script, { timeoutMs: 15 * 60_000, env: await proxyEnvironment() });
      await rename(building, folder);
    } finally {
      await rm(building, { recursive: true, force: true });
    }
    // Those of other recipes and older Debians would stay for ever.
    for (const other of await readdir(cache)) {
      if (other.startsWith('root-') && other !== name) await rm(join(cache, other), { recursive: true });
    }
  }
  return { disk: join(folder, 'disk.img'), kernel: join(folder, 'kernel'), initrd: join(folder, 'initrd') };
}

/** Of everything that makes the image what it is. */
async function recipeHash(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of globSync('**/*', { cwd: recipe }).sort()) {
    const path = join(recipe, name);
    const found = await stat(path);
    // Of its mode only whether it can be run: the rest is the checkout's.
    if (found.isFile()) hash.update(`${name} ${found.mode & 0o111}\n`).update(await readFile(path));
  }
  return hash.digest('hex').slice(0, 12);
}
