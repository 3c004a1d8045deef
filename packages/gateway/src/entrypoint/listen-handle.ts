/**
 * Listening handles that the main process holds and workers accept from. A handle outlives every worker, so that a
 * connection made while the only worker is being replaced waits in the kernel instead of being refused.
 */
import net from 'node:net';
import { getSystemErrorName } from 'node:util';
import { FicusError } from '@ficus/common/errors.ts';

/** A libuv TCP handle, bound and not yet listening. */
export interface ListenHandle {
  readonly fd: number;
  getsockname(out: { address?: string; port?: number; family?: string }): number;
  close(): void;
}

// Node's own cluster module binds with this function; there is no documented call that binds without accepting.
const create = (
  net as unknown as {
    _createServerHandle?: (
      host: string | null,
      port: number,
      family: number,
      fd?: number,
      flags?: number,
    ) => ListenHandle | number;
  }
)._createServerHandle;

/** Binds `address` (`host:port`, `:port`, `[::1]:port`; port 0 takes a free one). Throws a FicusError that says what to do. */
export function openListenHandle(
  entryPoint: string,
  address: string,
  inherited: ReadonlyMap<string, number> = inheritedFds(),
): ListenHandle {
  if (create === undefined)
    throw new FicusError('listen.unsupported', 'this Node cannot share a listening socket', {
      remedy: 'use Node 24',
    });
  const fd = inherited.get(entryPoint);
  if (fd !== undefined) return opened(create(null, -1, -1, fd), entryPoint, `file descriptor ${fd}`);
  const { host, port } = splitAddress(address, entryPoint);
  // Without a host both families are meant; a machine without IPv6 gets IPv4.
  if (host === '') {
    const both = create('::', port, 6);
    if (typeof both !== 'number' && bindError(both) === 0) return both;
    if (typeof both !== 'number') both.close();
    return opened(create('0.0.0.0', port, 4), entryPoint, address);
  }
  return opened(create(host, port, host.includes(':') ? 6 : 4), entryPoint, address);
}

/** Opens every entrypoint that is not in `open` yet: all of them, or none and an error. */
export function openListenHandles<T extends { readonly name: string; readonly address: string }>(
  entryPoints: readonly T[],
  open: { has(name: string): boolean },
): { entryPoint: T; handle: ListenHandle }[] {
  const opening: { entryPoint: T; handle: ListenHandle }[] = [];
  try {
    for (const entryPoint of entryPoints) {
      if (open.has(entryPoint.name)) continue;
      opening.push({ entryPoint, handle: openListenHandle(entryPoint.name, entryPoint.address) });
    }
  } catch (error) {
    for (const { handle } of opening) handle.close();
    throw error;
  }
  return opening;
}

/** libuv keeps a failed bind to itself until it is asked for something. */
function bindError(handle: ListenHandle): number {
  return handle.getsockname({});
}

/** Port the handle is bound to. */
export function handlePort(handle: ListenHandle): number {
  const name: { port?: number } = {};
  handle.getsockname(name);
  return name.port ?? 0;
}

function splitAddress(address: string, entryPoint: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (match === null || port > 65535) {
    throw new FicusError(
      'listen.address',
      `entryPoints.${entryPoint}.address: want host:port, got "${address}"`,
      { remedy: 'write it like ":8080" or "127.0.0.1:8080"', status: 400 },
    );
  }
  const host = match[1] ?? match[2] ?? '';
  return { host: host === 'localhost' ? '127.0.0.1' : host, port };
}

function opened(handle: ListenHandle | number, entryPoint: string, where: string): ListenHandle {
  const status = typeof handle === 'number' ? handle : bindError(handle);
  if (typeof handle !== 'number') {
    if (status === 0) return handle;
    handle.close();
  }
  const code = getSystemErrorName(status);
  const remedy =
    code === 'EADDRINUSE'
      ? 'stop the process that has the port (ss -ltnp shows it), or choose another address'
      : code === 'EACCES'
        ? 'ports below 1024 need CAP_NET_BIND_SERVICE: grant it, or choose a higher port'
        : 'choose an address of this machine';
  throw new FicusError(
    `listen.${code.toLowerCase()}`,
    `entrypoint ${entryPoint} cannot listen on ${where}: ${code}`,
    { remedy },
  );
}

/** Sockets handed over by systemd (`LISTEN_FDS`, sd_listen_fds(3)), by entrypoint name (`FileDescriptorName=`). */
export function inheritedFds(env: NodeJS.ProcessEnv = process.env): ReadonlyMap<string, number> {
  const fds = new Map<string, number>();
  const count = Number(env['LISTEN_FDS'] ?? 0);
  if (Number(env['LISTEN_PID']) !== process.pid || !Number.isInteger(count) || count <= 0) return fds;
  const names = (env['LISTEN_FDNAMES'] ?? '').split(':');
  for (let i = 0; i < Math.min(count, 64); i++) {
    const name = names[i];
    if (name !== undefined && name !== '') fds.set(name, 3 + i);
  }
  return fds;
}
