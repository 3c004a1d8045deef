/** An uplink entrypoint in a test: a mesh's root, nodes with certificates from it, and clients that show them. */
import { once } from 'node:events';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { type Bend, makeCertificate, makeTestRoot } from '@ficus/pki/testing/certificates.ts';
import type { Model } from '../model/model.ts';
import { within } from './eventually.ts';
import { type ModelParts, modelOf } from './models.ts';
import { RawClient } from './raw-client.ts';

export const root = makeTestRoot();
export const parentUri = 'spiffe://mesh/parent/main';
export const childUri = 'spiffe://mesh/child/vm-1';

export interface Node {
  readonly cert: string;
  readonly key: string;
}

/** A node named `uri`, certified by `root` unless `more` says otherwise. */
export function node(uri: string, more: Bend = {}): Node {
  const { certificate, key } = makeCertificate({ uris: [uri], issuer: root, ...more });
  return { cert: certificate, key };
}

export const parent = node(parentUri);
export const child = node(childUri);

/** One uplink entrypoint `web` that `parentUri` may use; the uplink `shop` is the router at index 0. */
export function uplinkModel(parts: ModelParts & { readonly peers?: readonly string[] }): Model {
  const model = modelOf(parts);
  const uplink = {
    header: 'ficus-uplink',
    certificate: { names: [], ...child },
    roots: [root.certificate],
    peers: parts.peers ?? [parentUri],
    tables: [['shop', [0]]] as const,
  };
  return {
    ...model,
    entryPoints: model.entryPoints.map((entryPoint) => ({ ...entryPoint, uplink })),
    routers: model.routers.map((router) => ({ ...router, entryPoints: [] })),
  };
}

/** A client that shows `as`. With TLS 1.3 it is connected before the server has judged its certificate. */
export async function uplinkClient(
  port: number,
  as: Partial<Node> = parent,
  more: ConnectionOptions = {},
): Promise<RawClient> {
  const socket: TLSSocket = connect({
    ...{ host: '127.0.0.1', port, ca: [root.certificate], ALPNProtocols: ['http/1.1'], ...as },
    ...{ checkServerIdentity: () => undefined, ...more },
  });
  const client = new RawClient(socket);
  await within(once(socket, 'secureConnect'), 'the handshake');
  return client;
}

/** A request to the uplink `name`. */
export const toUplink = (name: string, path = '/') =>
  `GET ${path} HTTP/1.1\r\nHost: h\r\nFicus-Uplink: ${name}\r\n\r\n`;
