/** serversTransports → transports. */
import type { ServersTransportConfig } from '../config/servers-transport.ts';
import type { QName, TransportModel } from './model.ts';
import { certificateOf, isCertificateList, keyTypeOf, pemOf } from './pem.ts';
import { Names, type Resolution, showName } from './resolution.ts';
import type { DynamicSource } from './resolve-input.ts';
import { type TlsRefusal, tlsLimitsOf } from './tls-limits.ts';

/** What dials endpoints that name no transport. Traefik's `default@internal`. */
export const defaultTransport: TransportModel = {
  name: ['default', 'internal'],
  serverName: '',
  insecureSkipVerify: false,
  roots: [],
  minVersion: 'TLSv1.2',
  maxIdleConnsPerHost: 200,
  dialTimeoutMs: 30_000,
  responseHeaderTimeoutMs: 0,
  idleConnTimeoutMs: 90_000,
  readIdleTimeoutMs: 0,
  pingTimeoutMs: 15_000,
  disableHTTP2: false,
};

/** Appends every declared transport; returns their indexes by name, `undefined` for the disabled ones. */
export function resolveTransports(
  sources: readonly DynamicSource[],
  transports: TransportModel[],
  resolution: Resolution,
): Names<number | undefined> {
  const indexes = new Names<number | undefined>();
  indexes.add(defaultTransport.name, transports.push(defaultTransport) - 1);
  for (const source of sources) {
    for (const [name, config] of Object.entries(source.config.http?.serversTransports ?? {})) {
      const qname: QName = [name, source.provider];
      const model = transportOf(qname, config, source);
      if ('refused' in model) {
        const path = ['http', 'serversTransports', name, ...model.path];
        resolution.disable('serversTransport', showName(qname), model.refused, { source, path });
        indexes.add(qname, undefined);
      } else {
        indexes.add(qname, transports.push(model) - 1);
      }
    }
  }
  return indexes;
}

/** The model, or why there is none. */
function transportOf(
  name: QName,
  config: ServersTransportConfig,
  source: DynamicSource,
): TransportModel | TlsRefusal {
  const limits = tlsLimitsOf(config);
  if ('refused' in limits) return limits;
  const roots: string[] = [];
  for (const [index, file] of (config.rootCAs ?? []).entries()) {
    const root = pemOf(file, source);
    const path = ['rootCAs', index];
    if (root === undefined) return { refused: 'the file was not read', path };
    if (!isCertificateList(root)) return { refused: 'the file holds no PEM certificate', path };
    roots.push(root);
  }
  const own = clientCertificates(config, source);
  if ('refused' in own) return own;
  const [certificate, ...otherCertificates] = own;
  const timeouts = config.forwardingTimeouts;
  return {
    ...defaultTransport,
    name,
    serverName: config.serverName ?? '',
    insecureSkipVerify: config.insecureSkipVerify ?? false,
    roots,
    ...(certificate === undefined ? {} : { certificate }),
    ...(otherCertificates.length === 0 ? {} : { otherCertificates }),
    ...peerNames(config),
    minVersion: limits.minVersion,
    ...(limits.maxVersion === 'TLSv1.3' ? {} : { maxVersion: limits.maxVersion }),
    ...(limits.ciphers.length === 0 ? {} : { ciphers: limits.ciphers }),
    maxIdleConnsPerHost: config.maxIdleConnsPerHost || defaultTransport.maxIdleConnsPerHost,
    dialTimeoutMs: timeouts?.dialTimeout ?? defaultTransport.dialTimeoutMs,
    responseHeaderTimeoutMs: timeouts?.responseHeaderTimeout ?? defaultTransport.responseHeaderTimeoutMs,
    idleConnTimeoutMs: timeouts?.idleConnTimeout ?? defaultTransport.idleConnTimeoutMs,
    readIdleTimeoutMs: timeouts?.readIdleTimeout ?? defaultTransport.readIdleTimeoutMs,
    // Without it a silent connection would never be given up.
    pingTimeoutMs: timeouts?.pingTimeout || defaultTransport.pingTimeoutMs,
    disableHTTP2: config.disableHTTP2 ?? false,
    ...announcing(config.proxyProtocol),
  };
}

/** The first of each type of key: no endpoint would ever see another. */
function clientCertificates(
  { certificates = [] }: ServersTransportConfig,
  source: DynamicSource,
): readonly { readonly cert: string; readonly key: string }[] | TlsRefusal {
  const types = new Map<string, { readonly cert: string; readonly key: string }>();
  for (const [index, { certFile, keyFile }] of certificates.entries()) {
    const cert = pemOf(certFile, source);
    const key = pemOf(keyFile, source);
    const path = ['certificates', index];
    if (cert === undefined || key === undefined) return { refused: 'a certificate file was not read', path };
    const checked = certificateOf(cert, key);
    if (typeof checked === 'string') return { refused: checked, path };
    const type = keyTypeOf(cert);
    if (!types.has(type)) types.set(type, { cert, key });
  }
  return [...types.values()];
}

function peerNames({ peerCertURI, peerCertSANs }: ServersTransportConfig): Pick<TransportModel, 'peerNames'> {
  const uri = peerCertURI === undefined ? [] : [{ kind: 'uri', value: peerCertURI } as const];
  const names = (peerCertSANs ?? []).map(({ type, value }) => ({
    kind: type === 'URI' ? ('uri' as const) : ('dns' as const),
    value,
  }));
  return uri.length + names.length === 0 ? {} : { peerNames: [...uri, ...names] };
}

function announcing(config: ServersTransportConfig['proxyProtocol']): Pick<TransportModel, 'proxyProtocol'> {
  return config === undefined ? {} : { proxyProtocol: config.version === 1 ? 1 : 2 };
}
