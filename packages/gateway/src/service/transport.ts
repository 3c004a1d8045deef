/** How endpoints are dialled: one TLS context for all connections of a transport, replaced in place when it is renewed. */
import { isIP } from 'node:net';
import {
  type ConnectionOptions,
  checkServerIdentity,
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
} from 'node:tls';
import { checkPeer } from '@ficus/pki/identity.ts';
import { tlsPolicy } from '@ficus/pki/tls-policy.ts';
import type { TransportModel } from '../model/model.ts';
import { cipherList } from '../net/cipher-list.ts';
import { checkPeerNames } from './peer-names.ts';

/** HTTP/1.1 stays for endpoints that know no other. */
const bothProtocols = ['h2', 'http/1.1'];
const oldProtocol = ['http/1.1'];

export class Transport {
  readonly model: TransportModel;
  /** Grows with each renewal: connections dialled under an older one are not used again. */
  version = 0;
  #context: SecureContext | undefined;
  #certificate: TransportModel['certificate'];
  #roots: readonly string[];

  constructor(model: TransportModel) {
    this.model = model;
    this.#certificate = model.certificate;
    this.#roots = model.roots;
  }

  /** New connections use these from now on; running ones finish with what they have. */
  renew(certificate: TransportModel['certificate'], roots: readonly string[]): void {
    const same = certificate?.cert === this.#certificate?.cert && certificate?.key === this.#certificate?.key;
    if (same && roots.length === this.#roots.length && roots.every((root, i) => root === this.#roots[i]))
      return;
    const context = build(this.model, certificate, roots);
    this.#certificate = certificate;
    this.#roots = roots;
    this.#context = context;
    this.version++;
  }

  /** Connections dialled so far finish what they have begun; what comes goes to new ones. */
  outdate(): void {
    this.version++;
  }

  /** Options for `tls.connect`; `http2` offers it. Throws when the certificate or roots can't be loaded. */
  options(host: string, http2: boolean): ConnectionOptions {
    this.#context ??= build(this.model, this.#certificate, this.#roots);
    const { serverName, peerUri, peerNames, insecureSkipVerify } = this.model;
    const name = serverName !== '' ? serverName : isIP(host) === 0 ? host : '';
    return {
      secureContext: this.#context,
      ALPNProtocols: http2 && !this.model.disableHTTP2 ? bothProtocols : oldProtocol,
      // Who must carry a name must carry it in a certificate that somebody vouches for, whatever else is skipped.
      rejectUnauthorized: peerUri !== undefined || peerNames !== undefined || !insecureSkipVerify,
      ...(name === '' ? {} : { servername: name }),
      checkServerIdentity: this.#identityCheck(name === '' ? host : name),
    };
  }

  #identityCheck(host: string): NonNullable<ConnectionOptions['checkServerIdentity']> {
    const { peerUri, peerNames } = this.model;
    if (peerUri !== undefined) return checkPeer([peerUri]);
    if (peerNames !== undefined) return checkPeerNames(peerNames);
    return (_, certificate) => checkServerIdentity(host, certificate);
  }
}

/** A peer known by its SPIFFE ID gets the mesh's policy; any other server the usual one. */
function build(
  model: TransportModel,
  certificate: TransportModel['certificate'],
  roots: readonly string[],
): SecureContext {
  // OpenSSL prefers the last.
  const own = certificate === undefined ? [] : [...(model.otherCertificates ?? []), certificate];
  if (model.peerUri !== undefined)
    return createSecureContext({ ...tlsPolicy({ roots, alpn: bothProtocols }), ...certificateOptions(own) });
  const { minVersion, maxVersion = 'TLSv1.3', ciphers = [] } = model;
  const list = cipherList({ minVersion, maxVersion, ciphers });
  return createSecureContext({
    minVersion,
    maxVersion,
    ...(list === undefined ? {} : { ciphers: list }),
    ...(roots.length > 0 ? { ca: [...roots] } : {}),
    ...certificateOptions(own),
  });
}

type Pair = NonNullable<TransportModel['certificate']>;

function certificateOptions(pairs: readonly Pair[]): SecureContextOptions {
  if (pairs.length === 0) return {};
  return { cert: pairs.map(({ cert }) => cert), key: pairs.map(({ key }) => key) };
}
