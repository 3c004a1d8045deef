/** Uplinks that a child still offers in a way that cannot be accepted: what was last good of them is kept. */
import type { AdvertisedUplink } from '@ficus/common/uplink/advertisement.ts';
import type { AdvertisementProblem } from '@ficus/common/uplink/decode-advertisement.ts';

/**
 * `accepted` with the last good entries of uplinks that were refused this time. A weight of "ten" is a mistake in a
 * workload that is there, not the wish to take it away. Where some refused uplink's name could not be read, any missing
 * one may be it, and none is taken away.
 */
export function withHeld(
  accepted: readonly AdvertisedUplink[],
  refusal: { readonly refused: number; readonly problems: readonly AdvertisementProblem[] },
  before: readonly AdvertisedUplink[],
): readonly AdvertisedUplink[] {
  if (refusal.refused === 0) return accepted;
  const named = new Set(refusal.problems.flatMap(({ uplink }) => (uplink === undefined ? [] : [uplink])));
  const allNamed =
    refusal.problems.every(({ uplink }) => uplink !== undefined) &&
    refusal.problems.length === refusal.refused;
  const present = new Set(accepted.map(({ name }) => name));
  return [...accepted, ...before.filter(({ name }) => !present.has(name) && (!allNamed || named.has(name)))];
}
