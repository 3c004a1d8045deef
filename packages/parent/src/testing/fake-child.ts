/** A child for tests: a TLS server with a real certificate that streams whatever lines the test says. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { systemClock } from '@ficus/common/clock.ts';
import type { Advertisement } from '@ficus/common/uplink/advertisement.ts';
import { LocalDataPlane } from '@ficus/gateway/runtime/local.ts';
import { Authority } from '@ficus/pki/authority.ts';
import { createRequest } from '@ficus/pki/csr.ts';
import { childId, parentId } from '@ficus/pki/identity.ts';
import { transportTo } from '../aggregation/mesh-model.ts';
import type { UplinkDestination, UplinkIdentity } from '../children/uplink-dial.ts';
import type { WatchDestination } from '../children/watch.ts';

/** An authority and a parent's identity of it, for one test file. */
export async function testMesh(directory: string, trustDomain = 'test.internal') {
  const authority = await Authority.open({ directory, trustDomain, clock: systemClock });
  const issue = async (uri: string, ttlMs = 3_600_000) => {
    const { key, csr } = createRequest({ uri });
    const issued = await authority.issue({ csr, uri, ttlMs });
    return { cert: issued.certificate, key, serial: issued.serial };
  };
  const identity: UplinkIdentity = {
    certificate: await issue(parentId(trustDomain, 'parent')),
    roots: authority.roots,
  };
  return { authority, trustDomain, issue, identity };
}
export type TestMesh = Awaited<ReturnType<typeof testMesh>>;

/** A data plane that serves nothing, for one test file's questions. */
export function testPlane() {
  const plane = new LocalDataPlane({ clock: systemClock, log: () => {} });
  return {
    ask: plane.ask.bind(plane),
    close: () => plane.drain({ lameDuckMs: 0, graceMs: 0 }),
  };
}

export interface FakeChildOptions {
  /** The name in its certificate. */
  readonly name?: string;
  readonly port?: number;
  readonly ttlMs?: number;
  /** Who answers a data request; default its name. */
  readonly says?: string;
  /** Answers instead of streaming. */
  readonly handler?: (request: IncomingMessage, response: ServerResponse) => void;
}

/** Streams on `?watch`, answers data requests as JSON, and 304 to anything else. */
export async function fakeChild(mesh: TestMesh, options: FakeChildOptions = {}) {
  const { name = 'vm-1' } = options;
  const certificate = await mesh.issue(childId(mesh.trustDomain, name), options.ttlMs);
  const watchers = new Set<ServerResponse>();
  const sockets = new Set<Socket>();
  let last = '';
  let requests = 0;
  let served = 0;
  let caller = '';
  const server = createServer(
    {
      key: certificate.key,
      cert: certificate.cert,
      ca: [...mesh.authority.roots],
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.3',
    },
    (request, response) => {
      requests += 1;
      const uplink = request.headers['ficus-uplink'];
      if (uplink !== undefined) {
        served += 1;
        caller = (request.socket as TLSSocket).getPeerCertificate().serialNumber;
        response.end(JSON.stringify({ child: options.says ?? name, uplink, host: request.headers.host }));
        return;
      }
      if (options.handler !== undefined) return options.handler(request, response);
      if (!request.url?.endsWith('?watch')) {
        response.writeHead(304).end();
        return;
      }
      watchers.add(response);
      response.on('close', () => watchers.delete(response));
      response.write(last);
      response.flushHeaders();
    },
  );
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const child = {
    port,
    name,
    serial: certificate.serial,
    get requests() {
      return requests;
    },
    /** Data requests. */
    get served() {
      return served;
    },
    /** Serial of the certificate that the last data request came with. */
    get caller() {
      return caller;
    },
    get connections() {
      return sockets.size;
    },
    get watchers() {
      return watchers.size;
    },
    destination: (): UplinkDestination => ({
      host: '127.0.0.1',
      port,
      peerUri: childId(mesh.trustDomain, 'vm-1'),
      identity: mesh.identity,
    }),
    /** As `destination`, for the data plane to ask. */
    watched: (identity = mesh.identity): WatchDestination => ({
      host: '127.0.0.1',
      port,
      transport: transportTo(
        { name: 'vm-1', peerUri: childId(mesh.trustDomain, 'vm-1'), transport: undefined },
        identity,
      ),
    }),
    /** Sends a line to every watcher, and to those that come. */
    say(line: string) {
      last = `${line}\n`;
      for (const watcher of watchers) watcher.write(last);
    },
    raw(text: string) {
      for (const watcher of watchers) watcher.write(text);
    },
    /** As `kill -9` does: every connection reset, the port closed. */
    async kill() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.resetAndDestroy();
      await closed;
    },
    async [Symbol.asyncDispose]() {
      if (server.listening) await child.kill();
    },
  };
  return child;
}

/** An advertisement with defaults. */
export function advertisement(
  uplinks: Readonly<Record<string, number>>,
  change: Partial<Advertisement> = {},
): Advertisement {
  return {
    protocols: [1],
    child: 'vm-1',
    version: '0.1.0',
    revision: 1,
    epoch: 'e',
    draining: false,
    uplinks: Object.entries(uplinks).map(([name, weight]) => ({
      name,
      weight,
      protocol: 'http',
      endpoints: { healthy: 1, total: 1 },
    })),
    ...change,
  };
}

/** Waits until `check` is true; fails after `deadlineMs`. */
export async function eventually(check: () => boolean | Promise<boolean>, deadlineMs = 5_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${check.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
