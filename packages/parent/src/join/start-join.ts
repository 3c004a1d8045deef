/** The listener that children join and renew at: TLS 1.3, a few small routes, tight limits. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { JoinRequest, RenewRequest, TrustBundle } from '@ficus/common/api/admin.ts';
import { joinRequestSchema, renewRequestSchema } from '@ficus/common/api/schemas.ts';
import { parentId } from '@ficus/pki/identity.ts';
import Fastify from 'fastify';
import { strictAjv } from '../admin/ajv.ts';
import { plainReplies } from '../admin/replies.ts';
import type { Downloads } from '../install/downloads.ts';
import { serveDownloads } from '../install/serve.ts';
import { listenError, parseListenAddress, plainAddress } from './addresses.ts';
import { limitConnectionsPerAddress } from './connections-per-address.ts';
import { type EnrolOptions, enroller } from './enrol.ts';
import { listenerIdentity } from './listener-identity.ts';

export interface JoinApiOptions extends Omit<EnrolOptions, 'parents' | 'certificateTtlMs'> {
  /** This parent's name, for its SPIFFE ID. */
  readonly parentName: string;
  /** SPIFFE IDs that may dial the children; default: this parent's. */
  readonly parents?: readonly string[];
  /** `:8443`, `host:8443`. */
  readonly address: string;
  /** Host names and IP literals the listener is reached by, for its certificate. */
  readonly names: readonly string[];
  /** What new machines install from here; default: nothing. */
  readonly downloads?: Downloads;
  /** Life of children's certificates and of the listener's own, milliseconds; default 24 h. */
  readonly certificateTtlMs?: number;
}

export interface JoinApi {
  readonly port: number;
  close(): Promise<void>;
}

const maxConnections = 512;
/** A joiner needs one; many may stand behind one NAT. */
const maxConnectionsPerAddress = 64;

/** Starts the join API. Throws `join.listen`, `listen.bad-address`, or what the authority throws. */
export async function startJoin(options: JoinApiOptions): Promise<JoinApi> {
  const { authority, parentName, clock, log, address, names } = options;
  const certificateTtlMs = options.certificateTtlMs ?? 24 * 3_600_000;
  const uri = parentId(authority.trustDomain, parentName);
  const enrol = enroller({ ...options, parents: options.parents ?? [uri], certificateTtlMs });
  const identity = await listenerIdentity({
    authority,
    uri,
    names,
    ttlMs: certificateTtlMs,
    clock,
    log,
    // Live connections keep theirs; the next handshake gets the new one.
    renewed: (tls) => app.server.setSecureContext(tls),
  });

  const app = Fastify({
    https: { ...identity.tls, headersTimeout: 5000, connectionsCheckingInterval: 1000 },
    ajv: strictAjv,
    requestTimeout: 10_000,
    keepAliveTimeout: 5000,
    bodyLimit: 64 * 1024,
    forceCloseConnections: true,
  });
  plainReplies(app, log);
  app.server.maxConnections = maxConnections;
  limitConnectionsPerAddress(app.server, maxConnectionsPerAddress);

  app.post('/v1/join', { schema: { body: joinRequestSchema } }, (request) =>
    enrol.join(request.body as JoinRequest, plainAddress(request.raw.socket.remoteAddress)),
  );
  app.post('/v1/renew', { schema: { body: renewRequestSchema } }, (request) =>
    enrol.renew((request.body as RenewRequest).csr, request.raw.socket as TLSSocket),
  );
  app.get(
    '/v1/roots',
    (): TrustBundle => ({ trustDomain: authority.trustDomain, roots: authority.roots, caPin: authority.pin }),
  );

  serveDownloads(app, options);

  try {
    const where = parseListenAddress(address);
    await app.ready();
    app.server.listen(where);
    await once(app.server, 'listening');
  } catch (error) {
    identity.stop();
    await app.close();
    throw (error as { code?: string }).code?.startsWith('E') ? listenError(error, 'join', address) : error;
  }
  return {
    port: (app.server.address() as AddressInfo).port,
    async close() {
      identity.stop();
      app.server.closeAllConnections();
      await new Promise<void>((done) => app.server.close(() => done()));
      await app.close();
    },
  };
}
