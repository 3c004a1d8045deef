/** The one TLS policy of every connection between nodes: what is spoken, who is asked for a certificate, whom to trust. */

import { constants, X509Certificate } from 'node:crypto';
import type { ConnectionOptions, TLSSocket, TlsOptions } from 'node:tls';
import { FicusError } from '@ficus/common/errors.ts';
import { checkPeer, peerSpiffeId } from './identity.ts';
import { pemCertificates } from './pem.ts';

/** A node's key, chain and roots; PEM. */
export interface TlsMaterial {
  /** Leaves out only a node that has not joined yet. */
  readonly key?: string;
  /** Leaf first, then intermediates. */
  readonly certificate?: string;
  /** Trust bundle. Empty is refused: Node would then trust every public authority. */
  readonly roots: readonly string[];
  /** Application protocols, best first, such as `['http/1.1']`; without a common one the handshake fails. */
  readonly alpn: readonly string[];
}

/** Longest handshake that a listener waits for, in milliseconds. */
export const handshakeTimeoutMs = 5000;

// Level 2 refuses keys under 112 bits of strength (RSA 1024) and SHA-1 signatures anywhere in a chain. Node needs
// a TLS 1.2 list to hang the level on; none of it is ever spoken.
const ciphers =
  'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:DEFAULT@SECLEVEL=2';

/**
 * The options shared by listeners and dialers: TLS 1.3 only, no session tickets (a resumed session would skip the
 * certificate and its revocation), certificate asked for and required. Throws `tls.no-roots` or `tls.bad-roots`.
 */
export function tlsPolicy(material: TlsMaterial) {
  const roots = material.roots.flatMap(pemCertificates);
  if (roots.length === 0) {
    throw new FicusError('tls.no-roots', 'expected at least one root to trust, found none', {
      remedy: 'restore the roots in the state directory, or run "ficus join" again',
    });
  }
  for (const root of roots) checkRoot(root);
  if (material.alpn.length === 0)
    throw new FicusError('tls.no-alpn', 'expected at least one application protocol, found none');
  return {
    ...(material.key === undefined ? {} : { key: material.key }),
    ...(material.certificate === undefined ? {} : { cert: material.certificate }),
    ca: roots,
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    ciphers,
    secureOptions: constants.SSL_OP_NO_TICKET,
    requestCert: true,
    rejectUnauthorized: true,
    ALPNProtocols: [...material.alpn],
  } as const satisfies TlsOptions & ConnectionOptions;
}

function checkRoot(pem: string): void {
  let isAuthority = false;
  try {
    isAuthority = new X509Certificate(pem).ca;
  } catch {
    // Unreadable is no authority either: told below.
  }
  if (!isAuthority) {
    throw new FicusError(
      'tls.bad-roots',
      'expected every root to be an authority’s certificate, found another',
      {
        remedy: 'restore the roots in the state directory, or run "ficus join" again',
      },
    );
  }
}

/**
 * Options for `tls.createServer`. `callers`: `certified` (uplinks) refuses a caller without a good certificate in the
 * handshake; `joining` lets one in so that it can show a token, and then `peerOf` is the only proof of identity.
 * Neither looks at SNI, so there is no name that selects a laxer policy.
 */
export function listenerTls(
  material: TlsMaterial & { readonly key: string; readonly certificate: string },
  callers: 'certified' | 'joining' = 'certified',
) {
  const policy = tlsPolicy(material);
  const joining = callers === 'joining';
  return {
    ...policy,
    // A node that joins knows only a root's pin, so the roots must be in the chain that it is shown.
    cert: joining ? [material.certificate, ...policy.ca].join('\n') : material.certificate,
    rejectUnauthorized: !joining,
    handshakeTimeout: handshakeTimeoutMs,
  } satisfies TlsOptions;
}

/** Options for `tls.connect` (add host and port). Only a peer whose SPIFFE ID is one of `expected` is accepted. */
export function dialerTls(material: TlsMaterial, expected: Iterable<string>) {
  return { ...tlsPolicy(material), checkServerIdentity: checkPeer(expected) } satisfies ConnectionOptions;
}

/**
 * The SPIFFE ID of the peer of a finished handshake, for listeners: OpenSSL verified the chain, this reads the name.
 * Call once per connection and keep the answer. Throws `identity.unverified` or another `identity.*`, status 403.
 */
export function peerOf(socket: Pick<TLSSocket, 'authorized' | 'getPeerX509Certificate'>): string {
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  if (certificate === undefined) {
    throw new FicusError('identity.unverified', 'expected a certificate issued by this mesh, found none', {
      status: 403,
      remedy: 'run "ficus join" on the caller',
    });
  }
  return peerSpiffeId(certificate);
}
