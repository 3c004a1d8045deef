/** Two connections after an upgrade: bytes both ways with back-pressure, until either side ends. */
import type { RawConnection } from '../http/exchange.ts';

const keepAliveMs = 60_000;

export function tunnel(client: RawConnection, endpoint: RawConnection): void {
  // A peer that vanished without a word must not hold two sockets for ever.
  client.socket.setKeepAlive(true, keepAliveMs);
  endpoint.socket.setKeepAlive(true, keepAliveMs);
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
