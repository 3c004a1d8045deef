/** Versions and cipher suites as written → in OpenSSL's words, the same for entrypoints and transports. */
import {
  opensslVersion,
  cipherSuites as suiteNames,
  type TlsVersionName,
  tlsVersions,
} from '../config/tls-names.ts';
import type { TlsVersion } from './tls-models.ts';

export interface TlsLimits {
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** Empty: the library's own choice. */
  readonly ciphers: readonly string[];
}

/** Why something is refused, and the key that says so. */
export interface TlsRefusal {
  readonly refused: string;
  readonly path: readonly (string | number)[];
}

export function tlsLimitsOf(config: {
  readonly minVersion?: TlsVersionName;
  readonly maxVersion?: TlsVersionName;
  readonly cipherSuites?: readonly string[];
}): TlsLimits | TlsRefusal {
  const { minVersion = 'VersionTLS12', maxVersion = 'VersionTLS13', cipherSuites } = config;
  if (tlsVersions.indexOf(minVersion) > tlsVersions.indexOf(maxVersion)) {
    const written = config.minVersion === undefined ? ', the default' : '';
    return {
      refused: `no version is left: minVersion is ${minVersion}${written}, maxVersion ${maxVersion}`,
      path: [config.maxVersion === undefined ? 'minVersion' : 'maxVersion'],
    };
  }
  const ciphers = [...new Set((cipherSuites ?? []).flatMap((suite) => suiteNames.get(suite) ?? []))];
  // As in Go, a list without suites of TLS 1.2 leaves TLS 1.2 none to use.
  const only13 = cipherSuites !== undefined && cipherSuites.length > 0 && ciphers.length === 0;
  if (only13 && maxVersion !== 'VersionTLS13')
    return { refused: `none of these is a suite that ${maxVersion} could use`, path: ['cipherSuites'] };
  return {
    minVersion: only13 ? 'TLSv1.3' : opensslVersion(minVersion),
    maxVersion: opensslVersion(maxVersion),
    ciphers,
  };
}
