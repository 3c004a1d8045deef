/** What a packaged `ficus` (one executable) carries with it, and where the same files are when it runs from source. */
import { readFileSync } from 'node:fs';
import sea from 'node:sea';

/** The folder of each file that a person installs from, in the source tree. */
const folders = {
  'ficus-child.service': 'systemd',
  'ficus-parent.service': 'systemd',
  'install.sh': 'install',
} as const;

/** The name of a file that the executable carries. */
export type AssetName = keyof typeof folders;

/** Whether this process is the packaged executable, and not Node running the source or its build. */
export function isPackaged(): boolean {
  return sea.isSea();
}

/** The bytes of a file that is installed with `ficus`. From source they are read from `deploy/` of the checkout. */
export function asset(name: AssetName): Buffer {
  if (isPackaged()) return Buffer.from(sea.getAsset(name));
  return readFileSync(new URL(`../../../deploy/${folders[name]}/${name}`, import.meta.url));
}
