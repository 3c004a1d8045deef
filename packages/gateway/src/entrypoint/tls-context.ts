/** TLS options and certificates in the words of node:tls. */
import { constants, X509Certificate } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';
import type { CertificateModel } from '../model/model.ts';
import type { TlsOptionsModel } from '../model/tls-models.ts';

/** All that TLS 1.3 has: Traefik does not let anybody choose among them, for all are good. */
const tls13Ciphers = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];
/** OpenSSL does nothing older than TLS 1.2 at its usual level. */
const oldLevel = '@SECLEVEL=0';
const oldDefault = ['ECDHE', 'AES128-SHA', 'AES256-SHA', '!aNULL', '!eNULL'];

/** A context for `options` that shows one of `certificates`, one for each type of key. */
export function contextOptions(
  options: TlsOptionsModel,
  certificates: readonly CertificateModel[],
): SecureContextOptions {
  const { minVersion, maxVersion, curves, clientRoots, sessionTickets } = options;
  const ciphers = cipherList(options);
  return {
    minVersion,
    maxVersion,
    honorCipherOrder: true,
    ...(certificates.length === 0
      ? {}
      : { cert: certificates.map(({ cert }) => cert), key: certificates.map(({ key }) => key) }),
    ...(ciphers === undefined ? {} : { ciphers }),
    ...(curves.length === 0 ? {} : { ecdhCurve: curves.join(':') }),
    ...(clientRoots.length === 0 ? {} : { ca: [...clientRoots] }),
    ...(sessionTickets ? {} : { secureOptions: constants.SSL_OP_NO_TICKET }),
  };
}

function cipherList({ ciphers, minVersion, maxVersion }: TlsOptionsModel): string | undefined {
  const old = minVersion === 'TLSv1' || minVersion === 'TLSv1.1';
  if (ciphers.length === 0 && !old) return undefined;
  // Without the names of TLS 1.3 Node would leave that version out.
  const list = [
    ...(maxVersion === 'TLSv1.3' ? tls13Ciphers : []),
    ...(ciphers.length > 0 ? ciphers : oldDefault),
  ];
  return (old ? [...list, oldLevel] : list).join(':');
}

/** What contexts for a server name differ in between options: all else is settled before the name is looked at. */
export function namedContextKey(options: TlsOptionsModel): string {
  return JSON.stringify([cipherList(options), options.clientRoots]);
}

/** The first certificate for each type of key: a client that cannot do ECDSA gets the one with RSA. */
export function oneOfEachType(certificates: readonly CertificateModel[]): readonly CertificateModel[] {
  if (certificates.length < 2) return certificates;
  const types = new Map<string | undefined, CertificateModel>();
  for (const each of certificates) {
    const type = new X509Certificate(each.cert).publicKey.asymmetricKeyType;
    if (!types.has(type)) types.set(type, each);
  }
  return [...types.values()];
}
