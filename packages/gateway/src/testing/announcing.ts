/** Clients that say a PROXY header before anything else. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls';
import { type ConnectionEnds, proxyHeader } from '../net/proxy-header-writer.ts';
import { within } from './eventually.ts';
import { RawClient } from './raw-client.ts';

/** 192.0.2.7:12345 to 198.51.100.1:443, in `version`. */
export function announcement(version: 1 | 2, ends: Partial<ConnectionEnds> = {}): Buffer {
  const from = { peerAddress: '192.0.2.7', peerPort: 12_345 };
  return proxyHeader(version, { ...from, localAddress: '198.51.100.1', localPort: 443, ...ends });
}

/** A TLS client that says `header` first: in one write with its ClientHello, so that both come together. */
export async function announcedTlsClient(
  port: number,
  header: Buffer,
  options: ConnectionOptions,
): Promise<RawClient> {
  const raw = connect({ host: '127.0.0.1', port, noDelay: true });
  await within(once(raw, 'connect'), 'the connection');
  const socket = tlsConnect({ ...options, socket: stuffed(raw, header) });
  const client = new RawClient(socket);
  await within(once(socket, 'secureConnect'), 'the TLS handshake');
  return client;
}

/** `socket` with `first` put before the first write. */
function stuffed(socket: Socket, first: Buffer): Duplex {
  let before = first;
  const duplex = new Duplex({
    read: () => void socket.resume(),
    write(chunk: Buffer, _, done) {
      socket.write(Buffer.concat([before, chunk]), done);
      before = Buffer.alloc(0);
    },
    final: (done) => void socket.end(done),
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk: Buffer) => duplex.push(chunk));
  socket.on('end', () => duplex.push(null));
  socket.on('close', () => duplex.destroy());
  socket.on('error', () => duplex.destroy());
  return duplex;
}
