/** Starts the admin API: a unix socket for the local command, and TCP with a token if it is wanted. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { FicusError } from '@ficus/common/errors.ts';
import type { LogLine } from '@ficus/common/log.ts';
import { listenError, parseListenAddress } from '../join/addresses.ts';
import { openAdminToken } from './admin-token.ts';
import { adminApp } from './app.ts';
import type { AdminContext, Routes, RunningContext } from './context.ts';
import { allRoutes, plainRoutes } from './routes.ts';
import { listenOnSocket } from './unix-socket.ts';

export interface ListenOptions {
  /** Made with mode 0600. Who can open it needs no token. */
  readonly socketPath: string;
  /** `127.0.0.1:8081`, `:8081` (loopback); absent: no TCP. */
  readonly tcpAddress?: string;
  /** `tcpAddress` may be one that other machines reach: the token then travels without TLS. Default: false. */
  readonly insecure?: boolean;
  /** Holds `admin-token`. */
  readonly stateDirectory: string;
  readonly log: LogLine;
}
export interface AdminApiOptions extends ListenOptions, Omit<AdminContext, 'via'> {}
export interface PlainApiOptions extends ListenOptions, Omit<RunningContext, 'via'> {}

export interface AdminApi {
  /** Of TCP; undefined when there is none. */
  readonly port: number | undefined;
  close(): Promise<void>;
}

/** Throws `admin.insecure-address`, `admin.socket-in-use`, `admin.listen`, `listen.bad-address`, `files.*`. */
export function startAdmin(options: AdminApiOptions): Promise<AdminApi> {
  return listen<AdminContext>(options, (via) => ({ ...options, via }), allRoutes);
}

/** The same for a parent without children: what is about them is not there. */
export function startPlainAdmin(options: PlainApiOptions): Promise<AdminApi> {
  return listen<RunningContext>(options, (via) => ({ ...options, via }), plainRoutes);
}

async function listen<C extends RunningContext>(
  options: ListenOptions,
  makeContext: (via: C['via']) => C,
  routes: readonly Routes<C>[],
): Promise<AdminApi> {
  const { socketPath, tcpAddress, insecure = false, stateDirectory, log } = options;
  const tcp = tcpAddress === undefined ? undefined : tcpListener(tcpAddress, insecure);
  const isToken = await openAdminToken(stateDirectory);
  const app = await adminApp(makeContext, routes, isToken);
  const servers: Server[] = [];
  const serve = (handler: RequestListener): Server => {
    const server = createServer(limits, handler);
    server.maxConnections = 256;
    servers.push(server);
    return server;
  };
  const close = async () => {
    await Promise.all(servers.map(stop));
    await app.close();
  };

  try {
    await listenOnSocket(serve(app.fromSocket), socketPath);
    if (tcpAddress === undefined || tcp === undefined) return { port: undefined, close };
    if (!isLoopback(tcp.host)) {
      log(
        'warn',
        'the admin API is open to other machines without TLS: its token can be read on the way',
        tcp,
      );
    }
    const server = serve(app.fromTcp);
    try {
      server.listen(tcp);
      await once(server, 'listening');
    } catch (error) {
      throw listenError(error, 'admin', tcpAddress);
    }
    return { port: (server.address() as AddressInfo).port, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const limits = {
  headersTimeout: 5000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
  maxHeaderSize: 16_384,
};

async function stop(server: Server): Promise<void> {
  if (!server.listening) return;
  server.closeIdleConnections();
  const closed = once(server, 'close');
  server.close();
  // A request in flight may finish; one that hangs may not hold the parent's exit up.
  const deadline = setTimeout(() => server.closeAllConnections(), 1000);
  await closed;
  clearTimeout(deadline);
}

/** Before anything listens. Throws `admin.insecure-address`. */
function tcpListener(address: string, insecure: boolean): { readonly host: string; readonly port: number } {
  const { host = '127.0.0.1', port } = parseListenAddress(address);
  if (insecure || isLoopback(host)) return { host, port };
  throw new FicusError(
    'admin.insecure-address',
    `admin.address: want an address of this machine alone, found ${address}: the bearer token would travel without TLS`,
    {
      status: 400,
      remedy: `write 127.0.0.1:${port} and reach it through ssh or a TLS proxy, or set admin.insecure: true on a network where nobody can listen`,
    },
  );
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
