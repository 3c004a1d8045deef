/** Cipher suites as OpenSSL wants them listed. */
import type { TlsOptionsModel } from '../model/tls-models.ts';

/** All that TLS 1.3 has: Traefik does not let anybody choose among them, for all are good. */
const tls13Ciphers = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];
/** OpenSSL does nothing older than TLS 1.2 at its usual level. */
const oldLevel = '@SECLEVEL=0';
const oldDefault = ['ECDHE', 'AES128-SHA', 'AES256-SHA', '!aNULL', '!eNULL'];

/** For node:tls; undefined leaves the choice to it. */
export function cipherList({
  ciphers,
  minVersion,
  maxVersion,
}: Pick<TlsOptionsModel, 'ciphers' | 'minVersion' | 'maxVersion'>): string | undefined {
  const old = minVersion === 'TLSv1' || minVersion === 'TLSv1.1';
  if (ciphers.length === 0 && !old) return undefined;
  // Without the names of TLS 1.3 Node would leave that version out.
  const list = [
    ...(maxVersion === 'TLSv1.3' ? tls13Ciphers : []),
    ...(ciphers.length > 0 ? ciphers : oldDefault),
  ];
  return (old ? [...list, oldLevel] : list).join(':');
}
