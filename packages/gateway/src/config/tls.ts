/** Schemas of TLS: certificates, stores and options, and what routers and entrypoints say of them. */
import type { ReportProblem } from '@ficus/common/config/decode.ts';
import { didYouMean } from '@ficus/common/config/nearest.ts';
import {
  boolean,
  list,
  named,
  object,
  oneOf,
  optional,
  type Static,
  string,
} from '@ficus/common/config/schema.ts';
import { brokenSuites, cipherSuites, curves, suitesWithoutChoice, tlsVersions } from './tls-names.ts';

const name = { minLength: 1 };

/** A certificate and its key, wherever one is wanted. */
export const certificatePair = {
  certFile: string('Chain, leaf first: PEM file (relative to this file) or PEM text.', name),
  keyFile: string('Private key: PEM file (relative to this file) or PEM text.', name),
};

/** Versions and ciphers, as server and as client. */
export function tlsLimits(lowest: string) {
  return {
    minVersion: optional(oneOf(`Lowest TLS version. Default: ${lowest}.`, tlsVersions)),
    maxVersion: optional(oneOf('Highest TLS version. Default: `VersionTLS13`.', tlsVersions)),
    cipherSuites: optional(
      list(
        'Cipher suites of TLS 1.2 and older, most wanted first; those of TLS 1.3 are always on. Default: all that are safe.',
        string('Go’s name, such as `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`.', name),
      ),
    ),
  };
}

const clientAuthTypes = [
  'NoClientCert',
  'RequestClientCert',
  'RequireAnyClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
] as const;

export const tlsOptionsSchema = object('The terms of a handshake.', {
  ...tlsLimits('`VersionTLS12`'),
  curvePreferences: optional(
    list(
      'Key exchange groups that are allowed. Default: the TLS library’s.',
      string(
        'A name as Go or as the RFC writes it: `CurveP521`, `secp521r1`, `X25519`, `X25519MLKEM768`.',
        name,
      ),
    ),
  ),
  clientAuth: optional(
    object('Whether clients show a certificate.', {
      caFiles: optional(
        list('Who may have issued it.', string('PEM file (relative to this file) or PEM text.', name)),
      ),
      clientAuthType: optional(
        oneOf(
          'What is asked of them. Default: `RequireAndVerifyClientCert` with `caFiles`, else `NoClientCert`.',
          clientAuthTypes,
        ),
      ),
    }),
  ),
  sniStrict: optional(
    boolean('Whether a handshake fails when no certificate is for its server name. Default: false.'),
  ),
  alpnProtocols: optional(
    list(
      'Protocols, most wanted first. A client that offers none of them is refused. Default: `h2`, `http/1.1`.',
      oneOf('A protocol.', ['h2', 'http/1.1', 'acme-tls/1']),
    ),
  ),
  disableSessionTickets: optional(
    boolean('Whether every connection has a handshake of its own. Default: false.'),
  ),
  preferServerCipherSuites: optional(boolean('Accepted and without effect: they always are.')),
});
export type TlsOptionsConfig = Static<typeof tlsOptionsSchema>;

const storeSchema = object(
  'Certificates that belong together.',
  {
    defaultCertificate: optional(
      object(
        'Shown where no certificate is for the server name. Default: the first of `tls.certificates`, else one made at the start that nobody trusts.',
        certificatePair,
      ),
    ),
  },
  { notYet: ['defaultGeneratedCert'] },
);

export const tlsSchema = object('TLS of entrypoints.', {
  certificates: optional(
    list(
      'Certificates, chosen by server name. Files are watched.',
      object('A certificate.', {
        ...certificatePair,
        stores: optional(
          list('Stores it belongs to. Default: `default`, the only one.', string('A store.', name)),
        ),
      }),
    ),
  ),
  stores: optional(named('Stores; there is only `default`.', 'store', storeSchema)),
  options: optional(
    named(
      'Terms of handshakes, by name. `default` is for routers that name none.',
      'TLS options',
      tlsOptionsSchema,
      { keyFormat: 'object-name' },
    ),
  ),
});
export type TlsConfig = Static<typeof tlsSchema>;

const domains = optional(
  list(
    'Accepted and without effect: for certificates that are requested.',
    object('A name and more names.', {
      main: optional(string('A name.')),
      sans: optional(list('More names.', string('A name.'))),
    }),
  ),
);

const noResolver = {
  notYet: ['certResolver'],
  instead: {
    certResolver: 'name certificate files in tls.certificates of a dynamic file, and write "tls: {}" here',
  },
};

export const routerTlsSchema = object(
  'Present: matches only requests that came over TLS.',
  {
    options: optional(
      string(
        'TLS options of the hosts in its rule: `name`, or `name@provider`. Without a host in its rule: of all that no other router names. Default: `default`.',
        name,
      ),
    ),
    domains,
  },
  { allowEmpty: true, ...noResolver },
);

export const entryPointTlsSchema = object(
  'Present: every connection is TLS, and every router here matches TLS requests.',
  {
    options: optional(
      string(
        'TLS options of routers here that have no `tls` of their own: `name@provider`, or `name` for the file provider. Uplink entrypoints have those of the mesh. Default: `default`.',
        name,
      ),
    ),
    domains,
  },
  { allowEmpty: true, ...noResolver },
);

/** What the schema cannot say: names of ciphers and curves, and that there is one store. `base`: where the document sits. */
export function checkTls(
  tls: TlsConfig | undefined,
  report: ReportProblem,
  base: readonly string[] = [],
): void {
  for (const [key, options] of Object.entries(tls?.options ?? {})) {
    const path = [...base, 'tls', 'options', key];
    checkCipherSuites(options.cipherSuites, report, path);
    for (const [index, curve] of (options.curvePreferences ?? []).entries()) {
      if (curves.has(curve)) continue;
      const message = `no curve ${JSON.stringify(curve)}${didYouMean(curve, [...curves.keys()])}`;
      report([...path, 'curvePreferences', index], message);
    }
  }
  for (const store of Object.keys(tls?.stores ?? {})) {
    if (store === 'default') continue;
    report([...base, 'tls', 'stores', store], 'there is only the store "default", in Traefik too', 'key');
  }
  for (const [index, { stores = [] }] of (tls?.certificates ?? []).entries()) {
    for (const [position, store] of stores.entries()) {
      if (store === 'default') continue;
      const message = `no store ${JSON.stringify(store)}: there is only "default", in Traefik too`;
      report([...base, 'tls', 'certificates', index, 'stores', position], message);
    }
  }
}

/** Reports names that are none, and those of ciphers that are no more. `path`: where `cipherSuites` is. */
export function checkCipherSuites(
  suites: readonly string[] | undefined,
  report: ReportProblem,
  path: readonly (string | number)[],
): void {
  for (const [index, suite] of (suites ?? []).entries()) {
    if (cipherSuites.has(suite) || suitesWithoutChoice.has(suite)) continue;
    const known = [...cipherSuites.keys(), ...suitesWithoutChoice];
    const message = brokenSuites.has(suite)
      ? `${JSON.stringify(suite)} is broken, and gone from OpenSSL: leave it out`
      : `no cipher suite ${JSON.stringify(suite)}${didYouMean(suite, known)}`;
    report([...path, 'cipherSuites', index], message);
  }
}
