/** The admin API's unix socket file: private, and never stolen from a parent that lives. */
import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { FicusError } from '@ficus/common/errors.ts';

/** `sun_path` of Linux, less its terminating NUL. */
const maxPathBytes = 107;

/**
 * Listens on `path` with mode 0600. A socket file that a dead process left is replaced; one that answers is refused
 * with `admin.socket-in-use`, and so is a file that is no socket (`admin.not-a-socket`).
 */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > maxPathBytes) {
    throw failure(
      'path-too-long',
      `want at most ${maxPathBytes} bytes, found ${Buffer.byteLength(path)}: ${path}`,
    );
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found !== undefined) {
    if (!found.isSocket())
      throw failure('not-a-socket', `want a socket or nothing at ${path}, found another file`);
    if (await answers(path))
      throw failure('socket-in-use', `want ${path} free, found a process that answers there`);
    rmSync(path, { force: true });
  }
  await bind(server, path);
}

async function bind(server: Server, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  // The file is made within this call, so it never exists with wider permissions.
  const umask = process.umask(0o177);
  try {
    server.listen(path, resolve);
  } finally {
    process.umask(umask);
  }
  try {
    await promise;
    chmodSync(path, 0o600);
  } catch (cause) {
    throw failure('listen', `can't listen on ${path}: ${(cause as Error).message}`, cause);
  } finally {
    server.removeListener('error', reject);
  }
}

/** Whether a living process accepts connections there. */
async function answers(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(path);
  socket.once('connect', () => resolve(true));
  // Any other error than a refusal may come from a live one that is busy or another user's.
  socket.once('error', (error: NodeJS.ErrnoException) =>
    resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'),
  );
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

function failure(what: string, message: string, cause?: unknown): FicusError {
  return new FicusError(`admin.${what}`, message, {
    remedy: 'stop the other process, or configure another admin socket',
    cause,
  });
}
