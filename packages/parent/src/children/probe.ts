/** Asks one address of a child for a sign of life through the port that serves its data. */
import type { Clock } from '@ficus/common/clock.ts';
import {
  dialAdvertisement,
  dialReason,
  isGone,
  type PeerFacts,
  type UplinkDestination,
} from './uplink-dial.ts';

export const probeTimeoutMs = 2_000;

export type ProbeResult =
  | { readonly well: true }
  /** `gone`: nobody is there (refused, reset); one such answer is enough. */
  | { readonly well: false; readonly gone: boolean; readonly reason: string };

/**
 * Never rejects. Any answer is life, for a broken control path must not eject what serves; but 403 would meet data
 * requests too, and a peer that `refusal` refuses (revoked) is as good as gone.
 */
export function probe(
  destination: UplinkDestination,
  clock: Clock,
  refusal: (peer: PeerFacts) => Error | undefined,
): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const finish = (result: ProbeResult) => {
      cancel();
      resolve(result);
      request.destroy();
    };
    const request = dialAdvertisement(destination, (response, peer) => {
      const refused = refusal(peer);
      const status = response.statusCode ?? 0;
      if (refused !== undefined) finish({ well: false, gone: true, reason: refused.message });
      else if (status !== 403) finish({ well: true });
      else finish({ well: false, gone: false, reason: 'the child refuses this parent (403)' });
    });
    const cancel = clock.after(probeTimeoutMs, () =>
      finish({ well: false, gone: false, reason: `no answer within ${probeTimeoutMs} ms` }),
    );
    request.on('error', (error) => finish({ well: false, gone: isGone(error), reason: dialReason(error) }));
  });
}
