/** Makes the install bundle of a packaged parent from its own executable and what that carries. */
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGzip } from 'node:zlib';
import type { Architecture, InstallManifest } from '@ficus/common/api/install.ts';
import { FicusError } from '@ficus/common/errors.ts';
import type { AssetName } from '@ficus/common/packaged.ts';
import { type Bundle, openBundle } from './bundle.ts';
import { installFiles } from './manifest.ts';
import { feed, pieceBytes, type Sum, sumOf } from './sums.ts';

export interface OwnBundleOptions {
  /** Holds one folder for each executable; older ones are removed. */
  readonly directory: string;
  /** The executable that runs. */
  readonly executable: string;
  readonly version: string;
  readonly arch: Architecture;
  readonly asset: (name: AssetName) => Buffer;
  /** Free bytes of the file system that has `directory`; default: as it says. */
  readonly freeBytes?: (directory: string) => Promise<number>;
}

/**
 * The bundle, and what must stay free beside it: the parent's store is usually on the same disk, and matters more. Bytes.
 */
const wantedFree = 256 * 1024 * 1024;

/** Opens the bundle of this executable, making it first unless that was done before. Throws `install.disk-full`, `install.not-made`. */
export async function ownBundle(options: OwnBundleOptions, signal?: AbortSignal): Promise<Bundle> {
  const { directory, executable } = options;
  try {
    const running = await open(executable, 'r');
    try {
      const sum = await sumOf(running, signal);
      const name = sum.sha256.slice(0, 16);
      const made = await openBundle(join(directory, name), signal).catch((error: unknown) => {
        // What is not there, or not what it says, is made anew; one that could not be looked at is left as it is.
        if (error instanceof FicusError && error.code.startsWith('install.')) return undefined;
        throw error;
      });
      if (made?.manifest.artefacts[0]?.executableSha256 === sum.sha256) return made;
      await made?.close();
      await make(options, name, sum, running, signal);
      return await openBundle(join(directory, name), signal);
    } finally {
      await running.close();
    }
  } catch (error) {
    const ours = error instanceof FicusError && error.code.startsWith('install.');
    throw ours ? error : notMade(directory, error);
  }
}

type Handle = Awaited<ReturnType<typeof open>>;

/** In a folder beside, renamed when it is complete: whoever finds it finds all of it. */
async function make(
  options: OwnBundleOptions,
  name: string,
  executable: Sum,
  running: Handle,
  signal?: AbortSignal,
): Promise<void> {
  const { directory, version, arch, asset, freeBytes = freeOf } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  // What a stopped attempt left is in the way of space, and of nothing else. An older bundle goes when this one is there.
  const before = await readdir(directory);
  const remove = (old: string) => rm(join(directory, old), { recursive: true, force: true });
  for (const half of before.filter((old) => old.startsWith('.'))) await remove(half);

  const free = await freeBytes(directory);
  if (free < wantedFree) throw full(directory, `${mib(free)} MiB`);

  const making = join(directory, `.${name}.${process.pid}`);
  try {
    await mkdir(making, { mode: 0o700 });
    const file = `ficus-linux-${arch}.gz`;
    const packed = await gzipTo(join(making, file), running, signal);
    for (const each of installFiles) await writeFile(join(making, each), asset(each), { flush: true });
    const manifest: InstallManifest = {
      version,
      artefacts: [
        {
          ...{ arch, file, ...packed },
          executableBytes: executable.bytes,
          executableSha256: executable.sha256,
        },
      ],
    };
    await writeFile(join(making, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`, { flush: true });
    await remove(name);
    await rename(making, join(directory, name));
    for (const old of before.filter((each) => each !== name)) await remove(old);
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    throw error;
  }
}

/** Compresses in zlib's own threads, one piece at a time. */
async function gzipTo(path: string, from: Handle, signal?: AbortSignal): Promise<Sum> {
  const to = await open(path, 'wx', 0o600);
  try {
    const gzip = createGzip({ chunkSize: pieceBytes });
    feed(from, gzip, signal).catch((error: Error) => gzip.destroy(error));
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const piece of gzip as AsyncIterable<Buffer>) {
      hash.update(piece);
      bytes += piece.length;
      await to.writeFile(piece);
    }
    await to.sync();
    return { bytes, sha256: hash.digest('hex') };
  } finally {
    await to.close();
  }
}

async function freeOf(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}

function mib(bytes: number): number {
  return Math.floor(bytes / 1024 / 1024);
}

function notMade(directory: string, cause: unknown): FicusError {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return full(directory, code);
  return new FicusError('install.not-made', `the install bundle can't be made in ${directory}: ${message}`, {
    status: 503,
    remedy: `make ${directory} writable for the user the parent runs as, or set install.directory to a bundle made with \`npm run package\``,
    cause,
  });
}

function full(directory: string, found: string): FicusError {
  return new FicusError(
    'install.disk-full',
    `the install bundle needs ${mib(wantedFree)} MiB free on the file system of ${directory}, found ${found}`,
    {
      status: 503,
      remedy:
        'free space there, or set install.directory to a bundle on another disk; it is tried again every minute',
    },
  );
}
