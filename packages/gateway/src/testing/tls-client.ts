/** TLS clients with every choice that a client has, and models of entrypoints with several TLS options. */
import { once } from 'node:events';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { CertificateModel, Model } from '../model/model.ts';
import { defaultTlsOptions, type TlsModel, type TlsOptionsModel } from '../model/tls-models.ts';
import { within } from './eventually.ts';
import { modelOf } from './models.ts';
import { RawClient } from './raw-client.ts';

/** What came of one request over a connection of its own. */
export interface TlsOutcome {
  readonly status: number;
  readonly body: string;
  readonly protocol: string | null;
  readonly cipher: string;
  readonly alpn: string;
  /** Alternative names of the certificate shown. */
  readonly shown: string;
  readonly keyType: string | undefined;
  readonly resumed: boolean;
  /** The response's `Connection`. */
  readonly connection: string | undefined;
}

export interface TlsClient extends Disposable {
  readonly socket: TLSSocket;
  /** Sends `GET /` for `host`; rejects when the connection ends instead. */
  get(host: string): Promise<TlsOutcome>;
}

/** Connects with server name `name`, trusting anybody; rejects with the code or message of what went wrong. */
export async function tlsClient(
  port: number,
  name: string,
  options: ConnectionOptions = {},
): Promise<TlsClient> {
  const socket = connect({
    host: '127.0.0.1',
    port,
    servername: name,
    rejectUnauthorized: false,
    ...options,
  });
  const client = new RawClient(socket);
  await within(
    Promise.race([once(socket, 'secureConnect'), client.untilClosed()]).catch(() => client.untilClosed()),
    'the handshake',
  );
  if (client.closed) throw new Error(client.error === '' ? 'closed' : client.error);
  const certificate = socket.getPeerX509Certificate();
  return {
    socket,
    async get(host) {
      client.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      const response = await client.response().catch((error: Error) => {
        throw client.closed ? new Error(client.error === '' ? 'closed' : client.error) : error;
      });
      return {
        status: response.status,
        body: response.body.toString(),
        protocol: socket.getProtocol(),
        cipher: socket.getCipher().standardName,
        alpn: String(socket.alpnProtocol),
        shown: String(certificate?.subjectAltName),
        keyType: certificate?.publicKey.asymmetricKeyType,
        resumed: socket.isSessionReused(),
        connection: response.headers['connection'],
      };
    },
    [Symbol.dispose]: () => client[Symbol.dispose](),
  };
}

/** One request for `name` over a connection of its own. */
export async function tlsGet(
  port: number,
  name: string,
  options: ConnectionOptions = {},
): Promise<TlsOutcome> {
  using client = await tlsClient(port, name, options);
  return await client.get(name);
}

export function tlsOptions(name: string, more: Partial<TlsOptionsModel> = {}): TlsOptionsModel {
  return { ...defaultTlsOptions, name, ...more };
}

/** An entrypoint `web` with TLS in front of the endpoint at `port`; `hosts` by the name of their options. */
export function tlsModel(
  port: number,
  certificates: readonly CertificateModel[],
  options: readonly TlsOptionsModel[],
  hosts: Readonly<Record<string, string>> = {},
  more: Partial<TlsModel> = {},
): Model {
  const model = modelOf({ ports: [port], certificates });
  const index = (name: string) => options.findIndex((each) => each.name === name);
  const named = Object.entries(hosts).map(([host, name]) => [host, index(name)] as const);
  const tlsHosts = { hosts: named.filter(([host]) => host !== '*'), others: index(hosts['*'] ?? 'default') };
  return {
    ...model,
    entryPoints: model.entryPoints.map((entryPoint) => ({ ...entryPoint, tlsHosts })),
    tls: { options, ...more },
  };
}
