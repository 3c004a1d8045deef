/** Opens connections that begin with a PROXY header, which tells the endpoint whose request comes on them. */
import { connect as netConnect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls';
import type { Reads } from '../net/reads.ts';

/** `tls`: its options, undefined for a cleartext connection. The header leaves before anything else, TLS included. */
export function connectAnnounced(
  address: { readonly host: string; readonly port: number },
  header: Buffer,
  reads: Reads,
  tls: ConnectionOptions | undefined,
): Socket {
  const { host, port } = address;
  if (tls === undefined) {
    const socket = netConnect({ host, port, noDelay: true, onread: reads.onread });
    socket.write(header);
    return socket;
  }
  const raw = netConnect({ host, port, noDelay: true });
  raw.write(header);
  const socket = tlsConnect({ ...tls, socket: raw });
  raw.on('error', (error) => socket.destroy(error));
  // Over a socket that is there already Node reads into memory of its own.
  socket.on('data', (chunk: Buffer) => reads.receive?.(chunk));
  return socket;
}
