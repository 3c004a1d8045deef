/** One request to a child over a connection of its own, for a probe: TLS 1.3, both sides proven. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { advertisementPath } from '@ficus/common/uplink/advertisement.ts';
import { checkPeer } from '@ficus/pki/identity.ts';

/** What the parent shows and whom it trusts. */
export interface UplinkIdentity {
  /** PEM, leaf first. */
  readonly certificate: { readonly cert: string; readonly key: string };
  /** Every root, PEM. Never empty: without roots Node would trust the public ones. */
  readonly roots: readonly string[];
}

/** Where a child is and who it must be. */
export interface UplinkDestination {
  readonly host: string;
  readonly port: number;
  /** The exact SPIFFE ID its certificate must carry. */
  readonly peerUri: string;
  readonly identity: UplinkIdentity;
}

/** The peer's certificate, of a finished handshake. */
export interface PeerFacts {
  /** Upper-case hex. */
  readonly serial: string;
  readonly notAfter: Date;
}

/** Starts the request on a connection of its own. Errors come as the request's `error` event. */
export function dialAdvertisement(
  { host, port, peerUri, identity }: UplinkDestination,
  onResponse: (response: IncomingMessage, peer: PeerFacts) => void,
): ClientRequest {
  if (identity.roots.length === 0) throw new TypeError('an uplink is never dialled without roots');
  const dialled = request({
    host,
    port,
    path: advertisementPath,
    // A kept connection would hide that new ones fail, and could be resumed without a certificate.
    agent: false,
    minVersion: 'TLSv1.3',
    servername: isIP(host) === 0 ? host : '',
    ca: [...identity.roots],
    cert: identity.certificate.cert,
    key: identity.certificate.key,
    checkServerIdentity: checkPeer([peerUri]),
    maxHeaderSize: 16_384,
    // What it says is not asked for, only that it answers.
    headers: { accept: 'application/json', 'if-none-match': '*' },
  });
  dialled.on('response', (response) => {
    const certificate = (response.socket as TLSSocket).getPeerX509Certificate();
    if (certificate === undefined) {
      dialled.destroy(new Error('the child showed no certificate'));
      return;
    }
    onResponse(response, { serial: certificate.serialNumber, notAfter: certificate.validToDate });
  });
  return dialled.end();
}

const refused = new Set(['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'EPIPE']);

/** Whether nobody is there at all (refused, reset), rather than slow or wrong. */
export function isGone(error: unknown): boolean {
  return refused.has((error as NodeJS.ErrnoException).code ?? '');
}

/** `error` in one short sentence for people. */
export function dialReason(error: Error): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const text =
    code === 'ECONNREFUSED' ? 'connection refused' : code === 'ECONNRESET' ? 'connection reset' : message;
  return text.slice(0, 200);
}
