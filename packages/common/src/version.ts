/** The version of this build: all packages have the same. */
import { readFileSync } from 'node:fs';
import sea from 'node:sea';

/** For example `0.1.0`. The package's file is beside both `src` and `dist`. */
export function version(): string {
  if (sea.isSea()) return sea.getAsset('version', 'utf8');
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return (manifest as { version: string }).version;
}
