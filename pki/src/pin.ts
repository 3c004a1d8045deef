/** Verifies a server's root against pins before anything is sent to it: how a node joins a mesh it does not know yet. */

import { X509Certificate } from 'node:crypto';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { FicusError } from '@ficus/common/errors.ts';
import { isRoot } from './authority-files.ts';
import { factsOf } from './certificate.ts';
import { parseSpiffeId, peerSpiffeId } from './identity.ts';
import { tlsPolicy } from './tls-policy.ts';

const maxChain = 10;
const pinForm = /^sha256:[0-9a-f]{64}$/;

export interface PinnedServer {
  readonly host: string;
  readonly port: number;
  readonly servername?: string;
  /** `sha256:<hex>` of a root's public key; several while an authority rotates. One match is enough. */
  readonly pins: readonly string[];
  /** Application protocols offered; default `['http/1.1']`. */
  readonly alpn?: readonly string[];
  /** For each of the two connections, in milliseconds; default 10 s. */
  readonly timeoutMs?: number;
}
export interface VerifiedServer {
  /** The pinned root, PEM: the `ca` of every later connection. */
  readonly roots: readonly string[];
  /** SPIFFE ID of the parent that answered: what later connections are to expect. */
  readonly parent: string;
}

/** The text of `--ca-pin` (one or more, separated by commas) as pins. Throws `join.bad-pin`. */
export function parsePins(text: string): string[] {
  const pins = text.length <= 2048 ? text.split(',').map((pin) => pin.trim().toLowerCase()) : [];
  if (pins.length === 0 || !pins.every((pin) => pinForm.test(pin))) {
    throw new FicusError(
      'join.bad-pin',
      'expected a pin of the form sha256:<64 hexadecimal digits>, found another',
      {
        status: 400,
        remedy: 'copy the whole line that "ficus token create" printed',
      },
    );
  }
  return pins;
}

/**
 * Learns the server's root and proves it: the first connection shows the chain, whose pinned root is then the only
 * trusted one of a second connection that OpenSSL verifies and that must be a parent's. Sends no application byte.
 * The server must present its root too, as `listenerTls` for joining callers does. Throws `join.pin-mismatch`, `join.clock`,
 * `join.not-a-parent`, `join.unreachable`.
 */
export async function fetchVerifiedRoots(server: PinnedServer): Promise<VerifiedServer> {
  const pins = parsePins(server.pins.join(','));
  const chain = await withConnection(server, { rejectUnauthorized: false }, presentedChain);
  const root = chain.find((certificate) => isRoot(certificate) && pins.includes(factsOf(certificate).pin));
  if (root === undefined) throw mismatch(chain);
  // Not of all that is presented: a root that has been replaced may be over.
  checkClock([chain[0] as X509Certificate, root], Date.now());
  const roots = [root.toString()];
  const policy = tlsPolicy({ roots, alpn: server.alpn ?? ['http/1.1'] });
  const parent = await withConnection(
    server,
    // An enrolled child has a certificate under the same root, and must not be able to collect tokens with it.
    { ...policy, checkServerIdentity: (_host, peer) => expectParent(peer.raw) },
    (socket) => peerSpiffeId(socket.getPeerX509Certificate() as X509Certificate),
  );
  return { roots, parent };
}

/** A machine that has just booted may not know the time yet: OpenSSL would only say that a certificate is not valid. */
function checkClock(certificates: readonly X509Certificate[], now: number): void {
  for (const certificate of certificates) {
    const { notBefore, notAfter } = factsOf(certificate);
    if (now >= notBefore && now < notAfter) continue;
    const [edge, word] = now < notBefore ? [notBefore, 'begins'] : [notAfter, 'ended'];
    throw new FicusError(
      'join.clock',
      `this machine's clock says ${new Date(now).toISOString()}, but a certificate of the parent ${word} at ${new Date(edge).toISOString()}`,
      { remedy: 'set this machine’s clock (timedatectl shows whether it is synchronised), or the parent’s' },
    );
  }
}

function expectParent(raw: Uint8Array): Error | undefined {
  try {
    const { role, uri } = parseSpiffeId(peerSpiffeId(raw));
    if (role === 'parent') return undefined;
    return new FicusError('join.not-a-parent', `expected a parent, found ${uri}`, {
      remedy: 'correct the parent’s address',
    });
  } catch (error) {
    return error as Error;
  }
}

async function withConnection<T>(
  server: PinnedServer,
  options: ConnectionOptions,
  read: (socket: TLSSocket) => T,
): Promise<T> {
  const { host, port, servername, alpn = ['http/1.1'], timeoutMs = 10_000 } = server;
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const socket = connect({
    minVersion: 'TLSv1.3',
    ALPNProtocols: [...alpn],
    ...options,
    host,
    port,
    ...(servername === undefined ? {} : { servername }),
  });
  const deadline = setTimeout(
    () => socket.destroy(new Error(`no handshake within ${timeoutMs} ms`)),
    timeoutMs,
  );
  socket.on('error', reject);
  socket.on('close', () => reject(new Error('closed before the handshake was done')));
  socket.once('secureConnect', () => {
    try {
      resolve(read(socket));
    } catch (error) {
      reject(error);
    }
  });
  try {
    return await promise;
  } catch (cause) {
    throw asJoinError(server, cause);
  } finally {
    clearTimeout(deadline);
    socket.destroy();
  }
}

function asJoinError(server: PinnedServer, cause: unknown): FicusError {
  if (cause instanceof FicusError) return cause;
  const said = cause instanceof Error ? cause.message.split('\n')[0] : 'unknown error';
  const plain = (cause as NodeJS.ErrnoException).code === 'ERR_SSL_WRONG_VERSION_NUMBER';
  const why = plain ? 'what answers there does not speak TLS' : said;
  return new FicusError(
    'join.unreachable',
    `cannot reach a parent at ${server.host}:${server.port}: ${why}`,
    {
      remedy: 'check the address, the parent’s join listener and the firewall',
      cause,
    },
  );
}

function presentedChain(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  const seen = new Set<string>();
  let peer = socket.getPeerCertificate(true);
  // A self-signed certificate is its own issuer here, and a server may send a hundred of them.
  while (peer?.raw !== undefined && !seen.has(peer.fingerprint256) && chain.length < maxChain) {
    seen.add(peer.fingerprint256);
    chain.push(new X509Certificate(peer.raw));
    peer = peer.issuerCertificate;
  }
  return chain;
}

function mismatch(chain: readonly X509Certificate[]): FicusError {
  const found = chain.filter(isRoot).map((certificate) => factsOf(certificate).pin);
  return new FicusError(
    'join.pin-mismatch',
    `expected a root with the given pin, found ${found[0] ?? 'no root in the presented chain'}`,
    {
      status: 403,
      remedy:
        'check the address; if the pin is old, create a new token. Somebody between you and the parent would look the same',
    },
  );
}
