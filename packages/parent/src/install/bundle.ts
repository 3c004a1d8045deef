/** An install bundle whose every byte was checked, its files held open: what is replaced on disk changes nothing here. */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type InstallArtefact,
  type InstallFile,
  type InstallManifest,
  installLimits,
  type ServedManifest,
} from '@ficus/common/api/install.ts';
import { readFileCapped } from '@ficus/common/atomic-file.ts';
import { FicusError } from '@ficus/common/errors.ts';
import { decodeManifest, installFiles } from './manifest.ts';
import { bytesWithin, pieces, sumOf } from './sums.ts';

/** One thing to download. */
export interface BundleFile extends InstallFile {
  /** Its bytes from `start` up to, not including, `end`; a piece is overwritten when the next one is asked for. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
  /** Whether it is still what was checked; somebody may write into a file that is held open. */
  unchanged(): Promise<boolean>;
}

export interface Bundle {
  readonly manifest: ServedManifest;
  /** Of `manifest.json` as it is served. */
  readonly manifestSha256: string;
  /** By name; nothing else can be downloaded. */
  readonly files: ReadonlyMap<string, BundleFile>;
  close(): Promise<void>;
}

/**
 * Opens the bundle in `directory` and compares everything with its manifest.
 * Throws `install.no-manifest`, `install.bad-manifest`, `install.missing-file`, `install.wrong-sum`.
 */
export async function openBundle(directory: string, signal?: AbortSignal): Promise<Bundle> {
  const where = join(directory, 'manifest.json');
  const text = await readFileCapped(where, installLimits.manifestBytes);
  if (text === undefined) {
    throw refused(
      'install.no-manifest',
      `want an install bundle in ${directory}, found no manifest.json there`,
    );
  }
  const manifest = decodeManifest(text.toString('utf8'), where);
  const handles: FileHandle[] = [];
  const close = async () => {
    await Promise.all(handles.map((handle) => handle.close()));
  };
  try {
    const files: BundleFile[] = [];
    const hold = async (file: string): Promise<FileHandle> => {
      const handle = await openPlain(directory, file);
      handles.push(handle);
      return handle;
    };
    for (const artefact of manifest.artefacts)
      files.push(await checkedArtefact(artefact, directory, hold, signal));
    for (const known of filesOf(manifest)) files.push(await checkedFile(known, directory, hold, signal));
    const served: ServedManifest = {
      ...manifest,
      files: files
        .slice(manifest.artefacts.length)
        .map(({ file, bytes, sha256 }) => ({ file, bytes, sha256 })),
    };
    const own = inMemory('manifest.json', Buffer.from(`${JSON.stringify(served, null, 2)}\n`));
    return {
      manifest: served,
      manifestSha256: own.sha256,
      files: new Map([own, ...files].map((one) => [one.file, one])),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What the manifest says of script and units; of those that it does not name, only the name. */
function filesOf({ files = [] }: InstallManifest): readonly (InstallFile | { readonly file: string })[] {
  const unnamed = installFiles.filter((name) => !files.some(({ file }) => file === name));
  return [...files, ...unnamed.map((file) => ({ file }))];
}

type Hold = (file: string) => Promise<FileHandle>;

async function checkedArtefact(
  artefact: InstallArtefact,
  directory: string,
  hold: Hold,
  signal?: AbortSignal,
): Promise<BundleFile> {
  const { file, executableBytes } = artefact;
  const checked = await checkedFile(artefact, directory, hold, signal);
  const found = await bytesWithin(checked.handle, checked.bytes);
  if (found !== executableBytes % 2 ** 32) {
    const is = found === undefined ? 'something else' : `one of ${found} bytes`;
    throw refused(
      'install.wrong-sum',
      `${join(directory, file)}: want a gzip file with an executable of ${executableBytes} bytes, found ${is}`,
    );
  }
  return checked;
}

async function checkedFile(
  known: InstallFile | { readonly file: string },
  directory: string,
  hold: Hold,
  signal?: AbortSignal,
) {
  const handle = await hold(known.file);
  const state = async () => {
    const { size, mtimeMs, ctimeMs } = await handle.stat();
    return `${size} ${mtimeMs} ${ctimeMs}`;
  };
  const before = await state();
  const found = await sumOf(handle, signal);
  if ('sha256' in known && (found.sha256 !== known.sha256 || found.bytes !== known.bytes)) {
    throw wrong(join(directory, known.file), 'it', known, found);
  }
  return {
    file: known.file,
    ...found,
    handle,
    read: (start: number, end: number) => pieces(handle, { start, end }),
    unchanged: async () => (await state().catch(() => '')) === before,
  };
}

async function openPlain(directory: string, file: string): Promise<FileHandle> {
  const path = join(directory, file);
  const handle = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    throw refused(
      'install.missing-file',
      `want ${path}, which belongs to the bundle, found ${cause.code}`,
      cause,
    );
  });
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw refused('install.missing-file', `want ${path} to be a file, found something else`);
}

function inMemory(file: string, content: Buffer): BundleFile {
  return {
    file,
    bytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
    unchanged: async () => true,
    async *read(start, end) {
      yield content.subarray(start, end);
    },
  };
}

interface Size {
  readonly bytes: number;
  readonly sha256: string;
}

function wrong(path: string, what: string, want: Size, found: Size): FicusError {
  return refused(
    'install.wrong-sum',
    `${path}: the manifest says ${want.bytes} bytes with SHA-256 ${want.sha256} for ${what}, found ${found.bytes} with ${found.sha256}`,
  );
}

function refused(code: string, message: string, cause?: unknown): FicusError {
  return new FicusError(code, message, {
    status: 503,
    remedy: 'make the bundle anew with `npm run package` and point install.directory at its install folder',
    ...(cause === undefined ? {} : { cause }),
  });
}
