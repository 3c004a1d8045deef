/** Writes a Debian package (deb(5)): an `ar` archive of two tar archives. */
import { createHash } from 'node:crypto';
import { type Entry, tarGz } from './tar.ts';

export interface DebOptions {
  /** The fields of the control file, in order; `Installed-Size` is added. */
  readonly control: Readonly<Record<string, string>>;
  /** `postinst` and others, by name. */
  readonly scripts: Readonly<Record<string, Buffer>>;
  /** Everything it installs: paths without the first `/`. The folders above them are made here. */
  readonly files: readonly Entry[];
  /** Seconds since the epoch. */
  readonly mtime: number;
}

export function debianPackage({ control, scripts, files, mtime }: DebOptions): Buffer {
  const bytes = files.reduce((sum, file) => sum + (file.data?.length ?? 0), 0);
  const fields = { ...control, 'Installed-Size': String(Math.ceil(bytes / 1024)) };
  const text = Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
  const sums = files
    .filter(({ data }) => data !== undefined)
    .map(
      ({ path, data }) =>
        `${createHash('md5')
          .update(data ?? '')
          .digest('hex')}  ${path}\n`,
    )
    .join('');
  const controlFiles: Entry[] = [
    { path: './' },
    { path: './control', data: Buffer.from(text) },
    { path: './md5sums', data: Buffer.from(sums) },
    ...Object.entries(scripts).map(([name, data]) => ({ path: `./${name}`, mode: 0o755, data })),
  ];
  return ar(
    [
      ['debian-binary', Buffer.from('2.0\n')],
      ['control.tar.gz', tarGz(controlFiles, mtime)],
      ['data.tar.gz', tarGz(withFolders(files), mtime)],
    ],
    mtime,
  );
}

/** Each folder once, before what is in it. */
function withFolders(files: readonly Entry[]): readonly Entry[] {
  const all = new Map<string, Entry>([['./', { path: './' }]]);
  for (const file of files) {
    const parts = file.path.split('/').filter((part) => part !== '');
    for (let depth = 1; depth < parts.length; depth++) {
      const path = `./${parts.slice(0, depth).join('/')}/`;
      if (!all.has(path)) all.set(path, { path });
    }
    all.set(`./${file.path}`, { ...file, path: `./${file.path}` });
  }
  return [...all.values()];
}

/** Common ar format: a header of 60 bytes before each file, which begins at an even place. */
function ar(files: readonly (readonly [name: string, data: Buffer])[], mtime: number): Buffer {
  const parts: Buffer[] = [Buffer.from('!<arch>\n')];
  for (const [name, data] of files) {
    const fields = [
      name.padEnd(16),
      String(mtime).padEnd(12),
      ...['0'.padEnd(6), '0'.padEnd(6), '100644'.padEnd(8)],
      String(data.length).padEnd(10),
    ];
    parts.push(Buffer.from(`${fields.join('')}\`\n`), data);
    if (data.length % 2 === 1) parts.push(Buffer.from('\n'));
  }
  return Buffer.concat(parts);
}
