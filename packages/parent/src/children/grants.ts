/** The parent's last word on what a child may advertise. */
import { globMatches } from '@ficus/common/names.ts';
import type { AdvertisedUplink } from '@ficus/common/uplink/advertisement.ts';
import { type AdvertisementProblem, maxProblems } from '@ficus/common/uplink/decode-advertisement.ts';

export interface Granted {
  readonly uplinks: readonly AdvertisedUplink[];
  /** At most `maxProblems`. */
  readonly problems: readonly AdvertisementProblem[];
  readonly refused: number;
}

/** Splits `uplinks` by the globs of the child's join token. No glob grants nothing. */
export function applyGrants(uplinks: readonly AdvertisedUplink[], globs: readonly string[]): Granted {
  const granted = uplinks.filter((uplink) => globs.some((glob) => globMatches(glob, uplink.name)));
  const allowed = new Set(granted);
  const refused = uplinks.filter((uplink) => !allowed.has(uplink));
  return {
    uplinks: granted,
    refused: refused.length,
    problems: refused.slice(0, maxProblems).map((uplink) => ({
      code: 'advertisement.not-granted',
      message: `uplink ${uplink.name}: this child was granted ${globs.join(', ') || 'nothing'}; join it again with a token that names it`,
      uplink: uplink.name,
    })),
  };
}
