/** TLS options and certificates in the words of node:tls. */
import { constants } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';
import type { CertificateModel } from '../model/model.ts';
import type { TlsOptionsModel } from '../model/tls-models.ts';
import { cipherList } from '../net/cipher-list.ts';

/** A context for `options` that shows `certificate`. */
export function contextOptions(
  options: TlsOptionsModel,
  certificate: CertificateModel | undefined,
): SecureContextOptions {
  const { minVersion, maxVersion, curves, clientRoots, sessionTickets } = options;
  const ciphers = cipherList(options);
  return {
    minVersion,
    maxVersion,
    honorCipherOrder: true,
    ...(certificate === undefined ? {} : { cert: certificate.cert, key: certificate.key }),
    ...(ciphers === undefined ? {} : { ciphers }),
    ...(curves.length === 0 ? {} : { ecdhCurve: curves.join(':') }),
    ...(clientRoots.length === 0 ? {} : { ca: [...clientRoots] }),
    ...(sessionTickets ? {} : { secureOptions: constants.SSL_OP_NO_TICKET }),
  };
}
