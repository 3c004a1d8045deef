/** How an uplink entrypoint shakes hands. */
import type { TLSSocket, TlsOptions } from 'node:tls';
import { listenerTls, peerOf } from '@ficus/pki/tls-policy.ts';

/** TLS 1.3 and a certificate of the mesh on both sides. */
export function uplinkOptions(
  certificate: { readonly cert: string; readonly key: string },
  roots: readonly string[],
): TlsOptions {
  return {
    ...listenerTls({ key: certificate.key, certificate: certificate.cert, roots, alpn: ['h2', 'http/1.1'] }),
    noDelay: true,
  };
}

/** The same text for what is shown and trusted alike, whoever says it. */
export function identityOf(
  { cert, key }: { readonly cert: string; readonly key: string },
  roots: readonly string[],
): string {
  return JSON.stringify([cert, key, roots]);
}

/** The peer's SPIFFE ID; one that is not as it must be is refused at its first request, with an answer. */
export function identityUri(socket: TLSSocket): string {
  try {
    return peerOf(socket);
  } catch {
    return 'unknown';
  }
}
