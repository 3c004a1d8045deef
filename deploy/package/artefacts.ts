/** Makes the archives of one executable: what a person downloads, and what a machine installs from. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { debianPackage } from './deb.ts';
import { type Arch, installFiles } from './executable.ts';
import { type Entry, tarGz } from './tar.ts';

export interface ArtefactOptions {
  /** The repository. */
  readonly root: string;
  readonly arch: Arch;
  readonly version: string;
  /** Seconds since the epoch: of every file in them. */
  readonly time: number;
  readonly executable: Buffer;
  /** The executable as gzip makes it. */
  readonly gzip: Buffer;
  /** The licences of what is inside. */
  readonly notices: string;
}

const debianNames = { x64: 'amd64', arm64: 'arm64' } as const satisfies Record<Arch, string>;

/** Archives by file name. */
export async function archives(options: ArtefactOptions): Promise<ReadonlyMap<string, Buffer>> {
  const { arch, version } = options;
  return new Map([
    [`ficus-${version}-linux-${arch}.tar.gz`, await archive(options)],
    [`ficus_${version}_${debianNames[arch]}.deb`, await deb(options)],
  ]);
}

const samples = ['child.yaml', 'parent.yaml'] as const;

async function archive({ root, arch, version, time, executable, gzip, notices }: ArtefactOptions) {
  const folder = `ficus-${version}-linux-${arch}/`;
  const read = (...path: string[]) => readFile(join(root, ...path));
  const entries: Entry[] = [
    { path: '' },
    { path: 'LICENSE', data: await read('LICENSE') },
    { path: 'README', data: await read('deploy/samples/README') },
    { path: 'THIRD-PARTY-NOTICES', data: Buffer.from(notices) },
    { path: 'ficus', mode: 0o755, data: executable, gzip },
  ];
  for (const [path, from] of Object.entries(installFiles)) {
    const mode = path.endsWith('.sh') ? 0o755 : 0o644;
    entries.push({ path, mode, data: await read('deploy', from, path) });
  }
  entries.push({ path: 'samples/' });
  for (const name of samples)
    entries.push({ path: `samples/${name}`, data: await read('deploy/samples', name) });
  return tarGz(
    entries.map((entry) => ({ ...entry, path: `${folder}${entry.path}` })),
    time,
  );
}

async function deb({ root, arch, version, time, executable, gzip, notices }: ArtefactOptions) {
  const read = (...path: string[]) => readFile(join(root, ...path));
  const doc = 'usr/share/doc/ficus/';
  const files: Entry[] = [
    { path: 'etc/ficus/dynamic/' },
    { path: 'usr/bin/ficus', mode: 0o755, data: executable, gzip },
    ...(await Promise.all(
      ['ficus-child.service', 'ficus-parent.service'].map(async (name) => ({
        path: `usr/lib/systemd/system/${name}`,
        data: await read('deploy/systemd', name),
      })),
    )),
    { path: `${doc}copyright`, data: Buffer.concat([await read('LICENSE'), Buffer.from(`\n${notices}`)]) },
    ...(await Promise.all(
      samples.map(async (name) => ({
        path: `${doc}examples/${name}`,
        data: await read('deploy/samples', name),
      })),
    )),
  ];
  const scripts = Object.fromEntries(
    await Promise.all(
      ['postinst', 'postrm', 'prerm'].map(async (name) => [name, await read('deploy/debian', name)]),
    ),
  );
  return debianPackage({
    control: {
      Package: 'ficus',
      Version: version,
      Architecture: debianNames[arch],
      Maintainer: 'The Ficus developers <ficus@localhost>',
      // What Node's binary is linked with.
      Depends: 'libc6 (>= 2.28), libgcc-s1, libstdc++6 (>= 8), passwd',
      Section: 'net',
      Priority: 'optional',
      Description: [
        'takes a monolith apart safely: a parent gateway and its children',
        ' A parent, the public door, discovers children over mutual TLS, aggregates what',
        ' they advertise, and weights traffic between them. This package has both, as',
        ' one executable and two systemd units; neither starts without a configuration.',
      ].join('\n'),
    },
    scripts,
    files,
    mtime: time,
  });
}
