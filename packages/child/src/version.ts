/** The version of this build, as its package says. */
import { readFileSync } from 'node:fs';

/** For example `0.1.0`. The file is beside both `src` and `dist`. */
export function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return (manifest as { version: string }).version;
}
