/** Which legs of a weighted service keep sessions. */
import type { LegModel } from '../../model/model.ts';

interface Leg {
  readonly weight: number;
  readonly mode: LegModel['mode'];
  readonly sessionsUntil: number | undefined;
  readonly service: { readonly available: boolean };
}

/**
 * Whether a session whose cookie names `leg` stays there. `now`: wall-clock milliseconds. `alone`: no active leg takes
 * requests; a leg on standby gives its sessions back when one does again.
 */
export function keepsSessions(leg: Leg, now: number, alone: boolean): boolean {
  if (!leg.service.available) return false;
  switch (leg.mode) {
    case 'active':
      return leg.weight > 0;
    case 'draining':
      return leg.sessionsUntil === undefined || now < leg.sessionsUntil;
    case 'standby':
      return alone;
    case 'off':
      return false;
  }
}
