/** Writes `.tar.gz` archives that depend on nothing but what is in them: POSIX ustar, owned by root, one time for all. */
import { gzipSync } from 'node:zlib';

/** A file or a folder of an archive. */
export interface Entry {
  /** Relative, with `/`; a folder's ends in one. At most 100 bytes. */
  readonly path: string;
  /** Permissions. Default 0644, folders 0755. */
  readonly mode?: number;
  /** A folder has none. */
  readonly data?: Buffer;
  /** `data` as gzip makes it, when that was done before: compressing Node takes a quarter of a minute. */
  readonly gzip?: Buffer;
}

const block = 512;

/** Largest size: eleven octal digits. */
const maxBytes = 8 ** 11 - 1;

/** `mtime`: seconds since the epoch. The archive is several gzip members one after another, which RFC 1952 makes one file. */
export function tarGz(entries: readonly Entry[], mtime: number): Buffer {
  const members: Buffer[] = [];
  let pending: Buffer[] = [];
  const flush = () => {
    if (pending.length > 0) members.push(gzipSync(Buffer.concat(pending), { level: 9 }));
    pending = [];
  };
  for (const entry of entries) {
    pending.push(header(entry, mtime));
    const size = entry.data?.length ?? 0;
    if (entry.gzip !== undefined) {
      flush();
      members.push(entry.gzip);
    } else if (entry.data !== undefined) {
      pending.push(entry.data);
    }
    pending.push(Buffer.alloc((block - (size % block)) % block));
  }
  pending.push(Buffer.alloc(2 * block));
  flush();
  return Buffer.concat(members);
}

function header({ path, mode, data }: Entry, mtime: number): Buffer {
  const size = data?.length ?? 0;
  if (Buffer.byteLength(path) > 100) throw new Error(`want a path of at most 100 bytes, found ${path}`);
  if (size > maxBytes)
    throw new Error(`want a file of at most ${maxBytes} bytes, found ${path} with ${size}`);
  const folder = path.endsWith('/');
  const bytes = Buffer.alloc(block);
  bytes.write(path, 0);
  bytes.write(octal(mode ?? (folder ? 0o755 : 0o644), 8), 100);
  bytes.write(octal(0, 8), 108);
  bytes.write(octal(0, 8), 116);
  bytes.write(octal(size, 12), 124);
  bytes.write(octal(mtime, 12), 136);
  // The sum counts itself as spaces.
  bytes.fill(' ', 148, 156);
  bytes.write(folder ? '5' : '0', 156);
  bytes.write('ustar\0' + '00', 257, 'latin1');
  bytes.write('root', 265);
  bytes.write('root', 297);
  let sum = 0;
  for (const byte of bytes) sum += byte;
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}

/** With a NUL behind it. */
function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}
