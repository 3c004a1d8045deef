/** For tests: a small install bundle on disk. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { InstallManifest } from '@ficus/common/api/install.ts';

/** A folder with a bundle in it, removed when it is disposed of. */
export interface BundleFolder extends AsyncDisposable {
  readonly path: string;
  readonly manifest: InstallManifest;
  /** The compressed executable. */
  readonly packed: Buffer;
  write(name: string, content: string | Uint8Array): Promise<void>;
}

export const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** `executable`: what is packed as `ficus-linux-x64.gz`. */
export async function bundleFolder(
  executable: Buffer = Buffer.from('#!/bin/sh\necho ficus\n'),
): Promise<BundleFolder> {
  const path = await mkdtemp(join(tmpdir(), 'ficus-bundle-'));
  const write = (name: string, content: string | Uint8Array) => writeFile(join(path, name), content);
  const packed = gzipSync(executable);
  const manifest: InstallManifest = {
    version: '0.1.0',
    artefacts: [
      {
        arch: 'x64',
        file: 'ficus-linux-x64.gz',
        bytes: packed.length,
        sha256: sha256(packed),
        executableBytes: executable.length,
        executableSha256: sha256(executable),
      },
    ],
  };
  await write('ficus-linux-x64.gz', packed);
  await write('install.sh', '#!/bin/sh\n');
  await write('ficus-child.service', '[Unit]\nDescription=child\n');
  await write('ficus-parent.service', '[Unit]\nDescription=parent\n');
  await write('manifest.json', JSON.stringify(manifest));
  return {
    ...{ path, manifest, packed, write },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}
