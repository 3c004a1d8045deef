/** One real TLS handshake on loopback, told from both ends; for tests. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type ConnectionOptions, connect, createServer, type TlsOptions } from 'node:tls';
import { peerOf } from '../tls-policy.ts';

/** What each end thought: `accepted` (with the peer's identity, at the listener) or the error. */
export interface Outcome {
  readonly listener: string;
  readonly dialer: string;
  /** Whether the dialer's handshake ended well: it would send its request now. */
  readonly trusted: boolean;
  /** Application bytes that reached the listener. */
  readonly bytes: number;
}

/**
 * The dialer sends one byte as soon as it trusts the listener, and the listener answers with one as soon as it trusts
 * the dialer: in TLS 1.3 a caller's handshake ends before its certificate is judged, so only an answer proves it.
 */
export async function handshake(
  listener: TlsOptions,
  dialer: ConnectionOptions,
  accepts: (uri: string) => boolean = () => true,
): Promise<Outcome> {
  let bytes = 0;
  let trusted = false;
  const judged = Promise.withResolvers<string>();
  const server = createServer(listener, (socket) => {
    socket.on('error', () => {});
    try {
      const uri = peerOf(socket);
      judged.resolve(accepts(uri) ? `accepted ${uri}` : `refused ${uri}`);
      if (!accepts(uri)) socket.destroy();
      socket.once('data', (data) => {
        bytes += data.length;
        socket.end('.');
      });
    } catch (error) {
      judged.resolve(codeOf(error));
      socket.destroy();
    }
  });
  server.on('tlsClientError', (error) => judged.resolve(codeOf(error)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const answered = Promise.withResolvers<string>();
  const socket = connect({ ...dialer, host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  socket.once('secureConnect', () => {
    trusted = true;
    socket.write('.');
  });
  socket.once('data', () => answered.resolve('accepted'));
  socket.once('error', (error) => answered.resolve(codeOf(error)));
  socket.once('close', () => answered.resolve('closed'));
  try {
    const dialerSaw = await answered.promise;
    // A dialer that refuses may leave before the listener has judged anything.
    if (dialerSaw !== 'accepted') judged.resolve('left');
    return { dialer: dialerSaw, listener: await judged.promise, trusted, bytes };
  } finally {
    socket.destroy();
    server.close();
    await once(server, 'close');
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
