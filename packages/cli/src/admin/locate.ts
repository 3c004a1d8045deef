/** Finds the admin API that a command should speak to. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { FicusError } from '@ficus/common/errors.ts';
import { usageError } from '../output/failure.ts';
import type { Io } from '../output/io.ts';
import { readNamed, unreadable } from '../output/read-named.ts';

/** The options that every admin command takes. */
export interface AdminOptions {
  readonly socket?: string;
  readonly config?: string;
  readonly url?: string;
  readonly tokenFile?: string;
  readonly ca?: string;
  readonly json?: boolean;
}

/** Where the admin API is. */
export type AdminPlace =
  | {
      readonly kind: 'socket';
      readonly path: string /** Why this one, for messages. */;
      readonly from: string;
    }
  | { readonly kind: 'url'; readonly url: URL; readonly token: string; readonly caFile?: string };

/** Where a parent that was started in this directory keeps its socket. */
const usualSocket = 'state/admin.sock';

/** Reads the socket's path out of a parent's configuration file. */
export type SocketOfConfig = (file: string) => Promise<string | undefined>;

/**
 * `--url`, else `--socket`, else `--config`'s socket, else `FICUS_SOCKET`, else `./state/admin.sock`, else that of
 * `installed`, a parent's configuration file. An explicit choice
 * is used even if nothing is there yet, so that the error is about it.
 */
export async function locateAdmin(
  options: AdminOptions,
  io: Io,
  socketOfConfig: SocketOfConfig,
  installed = '/etc/ficus/parent.yaml',
): Promise<AdminPlace> {
  if (options.url !== undefined) return urlPlace(options.url, options, io);
  if (options.socket !== undefined) return socket(io, options.socket, 'from --socket');
  if (options.config !== undefined) {
    const path = await socketOfConfig(resolve(io.cwd, options.config)).catch((error: unknown) => {
      throw unreadable(error, options.config ?? '', '--config');
    });
    if (path !== undefined) return socket(io, path, `from ${options.config}`);
    throw new FicusError('admin.none', `${options.config} describes a parent without admin API`, {
      remedy: 'put `admin: {}` into it; a parent with `providers.multicluster` always has one',
    });
  }
  const fromEnvironment = io.env['FICUS_SOCKET'];
  if (fromEnvironment) return socket(io, fromEnvironment, 'from FICUS_SOCKET');
  const usual = resolve(io.cwd, usualSocket);
  if (existsSync(usual)) return socket(io, usual, 'the usual place');
  // Where packages have it: a machine with a parent needs no option.
  const ofInstalled = existsSync(installed) ? await socketOfConfig(installed) : undefined;
  if (ofInstalled !== undefined) return socket(io, ofInstalled, `from ${installed}`);
  throw new FicusError(
    'admin.not-found',
    `no parent found: tried --url, --socket, --config and FICUS_SOCKET (not given), ${usual} and ${installed} (not there)`,
    { remedy: 'say where the parent is: --config parent.yaml, --socket <path>, or --url with a token' },
  );
}

function socket(io: Io, path: string, from: string): AdminPlace {
  return { kind: 'socket', path: resolve(io.cwd, path), from };
}

async function urlPlace(text: string, options: AdminOptions, io: Io): Promise<AdminPlace> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw usageError(
      `--url wants http:// or https://, got "${text}"`,
      'give it as --url https://parent:8080',
    );
  }
  const token =
    options.tokenFile === undefined
      ? io.env['FICUS_TOKEN']
      : (await readNamed(io, options.tokenFile, '--token-file')).trim();
  if (!token) {
    throw usageError(
      '--url needs the bearer token',
      'give it with --token-file <file> or in FICUS_TOKEN; the parent keeps it in its state directory',
    );
  }
  const caFile = options.ca === undefined ? {} : { caFile: resolve(io.cwd, options.ca) };
  return { kind: 'url', url, token, ...caFile };
}
