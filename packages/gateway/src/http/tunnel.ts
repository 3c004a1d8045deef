/** Two connections after an upgrade: bytes both ways with back-pressure, until either side ends. */
import type { RawConnection } from './exchange.ts';

export function tunnel(client: RawConnection, endpoint: RawConnection): void {
  oneWay(client, endpoint);
  oneWay(endpoint, client);
}

function oneWay(from: RawConnection, to: RawConnection): void {
  from.start({
    rawData: (chunk) => {
      if (!to.write(chunk)) from.pause();
    },
    rawDrained: () => to.resume(),
    rawEnd: () => to.end(),
    rawGone: () => to.destroy(),
  });
}
