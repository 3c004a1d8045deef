/** Two sockets after an upgrade: bytes both ways with back-pressure, until either side ends. */
import type { RawConnection } from '../http/exchange.ts';

export function tunnel(client: RawConnection, endpoint: RawConnection): void {
  const a = client.socket;
  const b = endpoint.socket;
  const stop = () => {
    a.destroy();
    b.destroy();
  };
  a.on('error', stop).on('close', stop);
  b.on('error', stop).on('close', stop);
  if (client.head !== undefined) b.write(client.head);
  if (endpoint.head !== undefined) a.write(endpoint.head);
  a.pipe(b);
  b.pipe(a);
}
