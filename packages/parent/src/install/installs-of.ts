/** Where the install bundle of a parent comes from: a folder, its own executable, or nowhere. */
import type { Clock } from '@ficus/common/clock.ts';
import type { LogLine } from '@ficus/common/log.ts';
import { asset, isPackaged } from '@ficus/common/packaged.ts';
import type { ParentConfig } from '../config/parent-config.ts';
import { Installs } from './installs.ts';

/** Nothing is opened before `start`. */
export function installsOf(
  { install, stateDirectory }: Pick<ParentConfig, 'install' | 'stateDirectory'>,
  { version, clock, log }: { readonly version: string; readonly clock: Clock; readonly log: LogLine },
): Installs {
  const { directory, enabled } = install;
  const open =
    directory !== undefined
      ? async (signal: AbortSignal) => (await import('./bundle.ts')).openBundle(directory, signal)
      : isPackaged()
        ? async (signal: AbortSignal) =>
            (await import('./make-bundle.ts')).ownBundle(
              {
                directory: `${stateDirectory}/install`,
                executable: process.execPath,
                arch: process.arch === 'arm64' ? 'arm64' : 'x64',
                ...{ version, asset },
              },
              signal,
            )
        : undefined;
  return new Installs({ open, enabled, clock, log });
}
