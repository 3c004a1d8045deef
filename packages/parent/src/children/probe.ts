/** Asks one address of a child for a sign of life through the port that serves its data. */
import type { Clock } from '@ficus/common/clock.ts';
import { dialAdvertisement, dialReason, isGone, type UplinkDestination } from './uplink-dial.ts';

export const probeTimeoutMs = 2_000;

export type ProbeResult =
  | { readonly well: true }
  /** `gone`: nobody is there (refused, reset); one such answer is enough. */
  | { readonly well: false; readonly gone: boolean; readonly reason: string };

/** Never rejects. Any answer with a body we asked for, or 304, is life. */
export function probe(destination: UplinkDestination, clock: Clock): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const finish = (result: ProbeResult) => {
      cancel();
      resolve(result);
      request.destroy();
    };
    const request = dialAdvertisement(destination, { watch: false, etag: '*' }, (response) => {
      const status = response.statusCode ?? 0;
      if (status === 200 || status === 304) finish({ well: true });
      else finish({ well: false, gone: false, reason: `the child answered ${status}` });
    });
    const cancel = clock.after(probeTimeoutMs, () =>
      finish({ well: false, gone: false, reason: `no answer within ${probeTimeoutMs} ms` }),
    );
    request.on('error', (error) => finish({ well: false, gone: isGone(error), reason: dialReason(error) }));
  });
}
