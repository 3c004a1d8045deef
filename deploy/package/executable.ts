/** Makes the `ficus` executable: Node with our scripts and files inside. */
import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { type Bundle, bundle } from './bundle.ts';
import { stripped } from './elf.ts';
import { locked, packageFolder } from './npm-file.ts';

/** Node's names. */
export type Arch = 'x64' | 'arm64';

export interface ExecutableOptions {
  /** The repository. */
  readonly root: string;
  readonly arch: Arch;
  /** Where to write it. Its folder must be there. */
  readonly file: string;
  readonly version: string;
  /** Where packages that `npm ci` did not install are kept between runs. */
  readonly cache: string;
}

const run = promisify(execFile);

/** By this Node looks whether it carries anything; part of its binary (`node_sea.cc`). */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/** The files that a person installs from, in deploy/; see packages/common/src/packaged.ts. */
export const installFiles = {
  'ficus-child.service': 'systemd',
  'ficus-parent.service': 'systemd',
  'install.sh': 'install',
} as const;

/** Writes the executable and returns what is in it. Throws when the packages of another architecture can't be had. */
export async function makeExecutable(options: ExecutableOptions): Promise<Bundle> {
  const { root, arch, file, version, cache } = options;
  const node = join(await packageFolder(root, `node-linux-${arch}`, cache), 'bin/node');
  const work = await mkdtemp(`${file}.making-`);
  try {
    const made = await bundle(root);
    const scripts = join(work, 'scripts');
    await mkdir(scripts);
    const assets: Record<string, string> = { 'bcrypt.node': await bcryptFile(options) };
    for (const [name, text] of made.scripts) {
      assets[name] = join(scripts, name);
      await writeFile(join(scripts, name), text);
    }
    for (const [name, folder] of Object.entries(installFiles)) {
      assets[name] = join(root, 'deploy', folder, name);
    }
    assets['version'] = join(work, 'version');
    await writeFile(assets['version'], version);
    const blob = await makeBlob(root, work, assets);
    const whole = join(work, 'ficus');
    await writeFile(whole, stripped(await readFile(node)));
    await inject(root, whole, blob);
    await chmod(whole, 0o755);
    // Written in small pieces: the kernel keeps a file in memory in pieces as large as it was written in, and counts each that
    // is touched as the process's. In one piece it was 20 MiB more for every process.
    await pipeline(createReadStream(whole), createWriteStream(file, { mode: 0o755 }));
    return made;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function bcryptFile({ root, arch, cache }: ExecutableOptions): Promise<string> {
  const folder = await packageFolder(root, `@node-rs/bcrypt-linux-${arch}-gnu`, cache);
  const file = (await readdir(folder)).find((name) => name.endsWith('.node'));
  if (file === undefined) throw new Error(`no .node file in ${folder}`);
  return join(folder, file);
}

/** What is put into Node's binary. Made by the Node of this machine in the same version, whatever it is made for. */
async function makeBlob(root: string, work: string, assets: Record<string, string>): Promise<string> {
  const main = join(work, 'launch.cjs');
  await build({
    absWorkingDir: root,
    entryPoints: ['deploy/package/launch.ts'],
    outfile: main,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    charset: 'ascii',
    conditions: ['source'],
    define: { 'import.meta.url': '"file:///ficus"' },
    logLevel: 'warning',
  });
  const blob = join(work, 'ficus.blob');
  const config = join(work, 'sea.json');
  const sorted = Object.fromEntries(Object.entries(assets).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(
    config,
    JSON.stringify({
      // Relative: the blob keeps this path, and the folder has another name each time.
      main: basename(main),
      output: blob,
      disableExperimentalSEAWarning: true,
      // Flags for workers come by the command line (packages/common/src/entry.ts); NODE_OPTIONS of whoever starts it do not count.
      execArgvExtension: 'cli',
      assets: sorted,
    }),
  );
  const maker = join(root, `node_modules/node-linux-${process.arch}/bin/node`);
  const { version } = await locked(root, `node-linux-${process.arch}`);
  if (!existsSync(maker)) throw new Error(`want Node ${version} in ${maker}: run npm ci`);
  await run(maker, ['--experimental-sea-config', config], { cwd: work });
  return blob;
}

async function inject(root: string, file: string, blob: string): Promise<void> {
  // It warns of every second note of a linker's; what matters is whether it ends well.
  const postject = join(root, 'node_modules/.bin/postject');
  await run(process.execPath, [postject, file, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', fuse]);
}
