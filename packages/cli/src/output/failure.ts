/** Turns whatever a command threw into lines for a person and an exit code. */
import { FicusError } from '@ficus/common/errors.ts';
import type { Io } from './io.ts';

/** 0 is success; these are the others. */
export const exitCodes = { failure: 1, usage: 2 } as const;

/** The command line itself is wrong: exit code 2. */
export function usageError(message: string, remedy: string): FicusError {
  return new FicusError('cli.usage', message, { remedy });
}

/** Prints the error and what to do, and returns the exit code. Never a stack trace, unless `FICUS_DEBUG=1`. */
export function reportFailure(io: Io, error: unknown): number {
  const shown = asFicusError(error);
  io.err(`error: ${shown.message}\n  code: ${shown.code}\n`);
  if (shown.remedy !== undefined) io.err(`  do: ${shown.remedy}\n`);
  if (io.env['FICUS_DEBUG'] === '1') io.err(`${stacks(error)}\n`);
  return isUsage(shown.code) ? exitCodes.usage : exitCodes.failure;
}

/** A request to be explained is a part of the command line, though the parent reads it. */
function isUsage(code: string): boolean {
  return code === 'cli.usage' || code.startsWith('explain.');
}

/** What an operating system's error means for someone who runs ficus. */
const systemRemedies: Readonly<Record<string, string>> = {
  ENOENT: 'check that the path is right; relative paths start at the current directory',
  EACCES: 'run as a user who may use it, or change its owner or mode',
  EPERM: 'run as a user who may use it, or change its owner or mode',
  EADDRINUSE: 'stop the process that listens there, or choose another port',
  EADDRNOTAVAIL: 'use an address that this machine has',
  ENOSPC: 'free some space on that disk',
  EROFS: 'choose a directory on a disk that can be written',
  EISDIR: 'name a file, not a directory',
};

function asFicusError(error: unknown): FicusError {
  if (error instanceof FicusError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = error instanceof Error ? error.message : String(error);
  const remedy = systemRemedies[code];
  if (remedy !== undefined) return new FicusError(`system.${code.toLowerCase()}`, message, { remedy });
  return new FicusError('internal', message, {
    remedy: 'this is a defect of ficus: run it again with FICUS_DEBUG=1 and report what it prints',
  });
}

function stacks(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? `${error.stack}` : `${error.stack}\ncaused by ${stacks(error.cause)}`;
}
