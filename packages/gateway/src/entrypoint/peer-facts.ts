/** What a socket says of its peer. */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { canonicalServerName } from './client-hello.ts';

/** When the peer's certificate expires, wall-clock milliseconds; 0 without one. */
export function notAfter(socket: TLSSocket): number {
  const certificate = socket.getPeerX509Certificate();
  return certificate === undefined ? 0 : Date.parse(certificate.validTo);
}

/** The server name it asked for, canonical; '' for none. */
export function serverNameOf(socket: Socket): string {
  const name = (socket as TLSSocket).servername;
  return typeof name === 'string' ? canonicalServerName(name) : '';
}

/** IPv4-mapped addresses as IPv4; '' once the connection is gone. */
export function peerAddress(socket: Socket): string {
  const address = socket.remoteAddress ?? '';
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}

/** As `peerAddress`, of this end. */
export function localAddress(socket: Socket): string {
  const address = socket.localAddress ?? '';
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
