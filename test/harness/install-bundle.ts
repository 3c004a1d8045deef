/** An install bundle with any executable in it, as `npm run package` lays it out. */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { TemporaryDirectory } from './directory.ts';

const deploy = (file: string) => fileURLToPath(new URL(`../../deploy/${file}`, import.meta.url));

/** As it is shipped. */
export const installScript = deploy('install/install.sh');

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** For both architectures the same `executable`, with the shipped script and units; `instead`: what the manifest says of it. */
export async function installBundle(
  executable: Buffer,
  instead: { readonly executableSha256?: string } = {},
): Promise<TemporaryDirectory> {
  const bundle = await TemporaryDirectory.make('bundle');
  // Quickly: its size is nobody's business here.
  const packed = gzipSync(executable, { level: 1 });
  await writeFile(bundle.file('install.sh'), await readFile(installScript));
  for (const unit of ['ficus-child.service', 'ficus-parent.service']) {
    await writeFile(bundle.file(unit), await readFile(deploy(`systemd/${unit}`)));
  }
  const sums = {
    ...{ bytes: packed.length, sha256: sha256(packed) },
    ...{ executableBytes: executable.length, executableSha256: sha256(executable) },
    ...instead,
  };
  const artefacts = [];
  for (const arch of ['x64', 'arm64']) {
    const file = `ficus-linux-${arch}.gz`;
    await writeFile(bundle.file(file), packed);
    artefacts.push({ arch, file, ...sums });
  }
  await bundle.write('manifest.json', { version: '0.1.0', artefacts });
  return bundle;
}
