/** Two connections after an upgrade: bytes both ways with back-pressure, until either side ends. */
import type { RawConnection } from '../http/exchange.ts';

export function tunnel(client: RawConnection, endpoint: RawConnection): void {
  oneWay(client, endpoint);
  oneWay(endpoint, client);
}

function oneWay(from: RawConnection, to: RawConnection): void {
  if (from.head !== undefined) to.socket.write(from.head);
  from.onData((chunk) => {
    if (!to.socket.write(chunk)) from.socket.pause();
  });
  to.socket.on('drain', () => from.socket.resume());
  from.socket.on('end', () => to.socket.end());
  from.socket.on('error', () => to.socket.destroy());
  from.socket.on('close', () => to.socket.destroy());
}
