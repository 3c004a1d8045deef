/** Says what is missing to build and boot a VM, and how to get it. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs and the Debian packages that have them. */
const programs = {
  debootstrap: 'debootstrap',
  'qemu-system-x86_64': 'qemu-system-x86',
  xorriso: 'xorriso',
  'mkfs.ext4': 'e2fsprogs',
  unshare: 'util-linux',
  setpriv: 'util-linux',
  'apt-config': 'apt',
} as const;

/** A sentence for each thing that is missing; empty: everything is there. */
export function missing(): readonly string[] {
  const absent = Object.entries(programs).filter(([program]) => !isThere(program));
  return [
    ...(process.platform === 'linux' && process.arch === 'x64' ? [] : ['it runs on Linux on x86-64 only']),
    ...(process.getuid?.() === 0 ? [] : ['debootstrap must be run by root: run it with sudo']),
    ...(absent.length === 0
      ? []
      : [
          `${absent.map(([program]) => program).join(', ')} not found; install with: ` +
            `apt-get install --no-install-recommends ${[...new Set(absent.map(([, pack]) => pack))].join(' ')}`,
        ]),
  ];
}

/** A user's PATH may leave out the folders of system programs. */
function isThere(program: string): boolean {
  return [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'].some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
