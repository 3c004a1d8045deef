/** What a child that could not start says. */
import { FicusError } from '@ficus/common/errors.ts';
import type { ChildConfig } from './config/child-config.ts';

/** A failed listen as one line with a remedy; other errors pass unchanged. */
export function startError(error: unknown, { uplinkEntryPoints, entryPoints }: ChildConfig): unknown {
  if (error instanceof FicusError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL') return error;
  const all = Object.entries({ ...uplinkEntryPoints, ...entryPoints });
  const where = all.map(([name, { address }]) => `${name} (${address})`).join(', ');
  const remedy =
    code === 'EADDRINUSE'
      ? 'stop the process that has the port (ss -ltnp shows it), or choose another address'
      : 'choose an address of this machine and a port that this user may open';
  return new FicusError(`listen.${code.toLowerCase()}`, `can't listen on one of ${where}: ${code}`, {
    remedy,
    cause: error,
  });
}
