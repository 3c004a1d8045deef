/** The certificate an endpoint showed, for as long as its connection lives. */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

export interface PeerCertificate {
  /** Upper-case hex. */
  readonly serial: string;
  /** Wall-clock milliseconds. */
  readonly notAfter: number;
}

const known = new WeakMap<Socket, PeerCertificate>();

/** To be asked for once when the handshake is done: later Node may have forgotten it. */
export function peerCertificate(socket: Socket): PeerCertificate | undefined {
  const before = known.get(socket);
  if (before !== undefined) return before;
  const certificate = (socket as TLSSocket).getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  const peer = { serial: certificate.serialNumber, notAfter: certificate.validToDate.getTime() };
  known.set(socket, peer);
  return peer;
}
