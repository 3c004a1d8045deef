/** Which legs of a weighted service keep sessions, and how their cookies name them. */
import type { LegModel, QName } from '../../model/model.ts';

interface Leg {
  readonly key: string;
  readonly weight: number;
  readonly mode: LegModel['mode'];
  readonly sessionsUntil: number | undefined;
  readonly service: { readonly name: QName; readonly available: boolean };
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

/** The leg's key makes the cookie; names as Traefik's configuration may have them are understood where only one leg has them. */
export function namesOfLegs(legs: readonly Leg[]): readonly (readonly string[])[] {
  const count = new Map<string, number>();
  const names = legs.map(({ key, service: { name } }) => [
    ...new Set([key, name[0], `${name[0]}@${name[1]}`]),
  ]);
  for (const name of names.flat()) count.set(name, (count.get(name) ?? 0) + 1);
  return names.map(([key, ...others]) => [key as string, ...others.filter((name) => count.get(name) === 1)]);
}
