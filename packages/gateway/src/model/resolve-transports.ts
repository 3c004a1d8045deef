/** serversTransports → transports. */
import type { ServersTransportConfig } from '../config/servers-transport.ts';
import type { QName, TransportModel } from './model.ts';
import { pemOf } from './pem.ts';
import { Names, type Resolution, showName } from './resolution.ts';
import type { DynamicSource } from './resolve-input.ts';

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
      if (typeof model === 'string') {
        const path = ['http', 'serversTransports', name];
        resolution.disable('serversTransport', showName(qname), model, { source, path });
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
): TransportModel | string {
  const roots = (config.rootCAs ?? []).map((root) => pemOf(root, source));
  const [client] = config.certificates ?? [];
  const cert = client && pemOf(client.certFile, source);
  const key = client && pemOf(client.keyFile, source);
  if (roots.includes(undefined) || (client !== undefined && (cert === undefined || key === undefined))) {
    return 'a certificate file was not read';
  }
  const timeouts = config.forwardingTimeouts;
  return {
    ...defaultTransport,
    name,
    serverName: config.serverName ?? '',
    insecureSkipVerify: config.insecureSkipVerify ?? false,
    roots: roots.filter((root) => root !== undefined),
    ...(cert === undefined || key === undefined ? {} : { certificate: { cert, key } }),
    ...(config.peerCertURI === undefined ? {} : { peerUri: config.peerCertURI }),
    minVersion: config.minVersion === 'VersionTLS13' ? 'TLSv1.3' : 'TLSv1.2',
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

function announcing(config: ServersTransportConfig['proxyProtocol']): Pick<TransportModel, 'proxyProtocol'> {
  return config === undefined ? {} : { proxyProtocol: config.version === 1 ? 1 : 2 };
}
