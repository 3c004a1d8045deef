/** When Prism Central is asked next. Pure, apart from chance. */

/** Longest pause after failures, unless the interval itself is longer; milliseconds. */
const longestPauseMs = 60_000;
/** Longest pause that an answer may ask for. */
const longestRetryAfterMs = 600_000;

export interface Next {
  readonly pollInterval: number;
  /** Failures in a row. */
  readonly failures: number;
  /** How long the last look took: of thousands of VMs more than a second. Default 0. */
  readonly tookMs?: number;
  /** What the last answer asked for. */
  readonly retryAfterMs?: number | undefined;
  /** From 0 to 1. */
  readonly chance: number;
}

/**
 * Milliseconds until the next poll: looks begin at most the interval apart, up to a fifth less, with half of it between them at least.
 * Twice as long after each failure but the first.
 */
export function pauseOf({ pollInterval, failures, tookMs = 0, retryAfterMs = 0, chance }: Next): number {
  const longest = Math.max(pollInterval, longestPauseMs);
  const pause = Math.min(longest, pollInterval * 2 ** Math.min(20, Math.max(0, failures - 1)));
  // Downwards only: what changes is known within the interval.
  const jittered = pause * (0.8 + 0.2 * chance);
  const paused = failures > 0 ? jittered : Math.max(pollInterval / 2, jittered - tookMs);
  // Children that were all refused together must not all come back together.
  const asked = Math.min(retryAfterMs, longestRetryAfterMs) * (1 + 0.1 * chance);
  return Math.max(paused, asked);
}
