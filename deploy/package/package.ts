/**
 * `npm run package`: makes everything there is to install, in dist/package.
 *
 *   npm run package                         for x64 and, where its packages can be had, arm64
 *   npm run package -- --arch x64 --out d   one architecture, another folder
 *
 * The same sources give the same bytes: every time in them is SOURCE_DATE_EPOCH or the last commit's.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { InstallArtefact, InstallManifest } from '@ficus/common/api/install.ts';
import { version as versionOf } from '@ficus/common/version.ts';
import { archives } from './artefacts.ts';
import { type Arch, installFiles, makeExecutable } from './executable.ts';
import { notices } from './notices.ts';
import { packageFolder } from './npm-file.ts';
import { type Lock, sbom } from './sbom.ts';

/** What is promised of their sizes. */
const maxExecutable = 135 * 1024 * 1024;
const maxDownload = 45 * 1024 * 1024;

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = join(root, 'node_modules/.cache/ficus-package');
const { values } = parseArgs({
  options: {
    arch: { type: 'string', multiple: true, default: ['x64', 'arm64'] },
    out: { type: 'string', default: join(root, 'dist/package') },
  },
});
const out = resolve(values.out);
const install = join(out, 'install');
const version = versionOf();
const time = timeOfSources();
const sums = new Map<string, string>();

await rm(out, { recursive: true, force: true });
await mkdir(install, { recursive: true });
const made: InstallArtefact[] = [];
for (const arch of values.arch) {
  if (arch !== 'x64' && arch !== 'arm64') throw new Error(`--arch: want x64 or arm64, got ${arch}`);
  // What this machine runs must be there; another's packages may be out of reach.
  const missing = arch === process.arch ? undefined : await unreachable(arch);
  if (missing === undefined) made.push(await make(arch));
  else console.log(`SKIPPED linux-${arch}: ${missing}`);
}
for (const [name, folder] of Object.entries(installFiles)) {
  await writeFile(join(install, name), await readFile(join(root, 'deploy', folder, name)));
}
const manifest: InstallManifest = { version, artefacts: made };
await writeFile(join(install, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as Lock;
const workspaces = ['cli', 'child', 'common', 'gateway', 'parent'].map((name) => `packages/${name}`);
const bill = sbom({
  ...{ lock, version, time },
  workspaces: [...workspaces, 'pki'],
  arches: made.map(({ arch }) => arch),
});
await write('sbom.cdx.json', Buffer.from(`${JSON.stringify(bill, null, 2)}\n`));
const lines = [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, sum]) => `${sum}  ${name}\n`);
await writeFile(join(out, 'SHA256SUMS'), lines.join(''));

async function make(arch: Arch): Promise<InstallArtefact> {
  const name = `ficus-linux-${arch}`;
  const file = join(out, name);
  const bundle = await makeExecutable({ root, arch, file, version, cache });
  const executable = await readFile(file);
  const gzip = gzipSync(executable, { level: 9 });
  say(name, executable, maxExecutable);
  say(`install/${name}.gz`, gzip, maxDownload);
  sums.set(name, sum(executable));
  await writeFile(join(install, `${name}.gz`), gzip);
  const native = await packageFolder(root, `@node-rs/bcrypt-linux-${arch}-gnu`, cache);
  const node = await packageFolder(root, `node-linux-${arch}`, cache);
  const more = [node, native, join(root, 'node_modules/@node-rs/bcrypt')];
  const text = await notices(root, bundle.foreign, more);
  const all = await archives({ root, arch, version, time, executable, gzip, notices: text });
  for (const [archive, bytes] of all) await write(archive, bytes, maxDownload);
  return {
    arch,
    file: `${name}.gz`,
    bytes: gzip.length,
    sha256: sum(gzip),
    executableBytes: executable.length,
    executableSha256: sum(executable),
  };
}

async function write(name: string, bytes: Buffer, limit = maxDownload): Promise<void> {
  say(name, bytes, limit);
  sums.set(name, sum(bytes));
  await writeFile(join(out, name), bytes);
}

function say(name: string, bytes: Buffer, limit: number): void {
  const mib = (count: number) => (count / 1024 / 1024).toFixed(1);
  console.log(`${mib(bytes.length).padStart(6)} MiB  ${name}`);
  if (bytes.length <= limit) return;
  throw new Error(`${name}: want at most ${mib(limit)} MiB, found ${mib(bytes.length)}`);
}

function sum(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function unreachable(arch: Arch): Promise<string | undefined> {
  try {
    await packageFolder(root, `node-linux-${arch}`, cache);
    await packageFolder(root, `@node-rs/bcrypt-linux-${arch}-gnu`, cache);
    return undefined;
  } catch (error) {
    return `its npm packages can't be fetched: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function timeOfSources(): number {
  const given = process.env['SOURCE_DATE_EPOCH'] ?? '';
  if (/^\d{1,10}$/.test(given)) return Number(given);
  try {
    const git = ['log', '-1', '--format=%ct'];
    return Number(
      execFileSync('git', git, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    );
  } catch {
    // Sources without their history, as in a container's build: always the same all the same.
    return 315_532_800;
  }
}
