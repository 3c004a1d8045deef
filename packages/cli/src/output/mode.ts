/** The mode of a leg, for people. */
import type { LegStatus } from '@ficus/common/api/admin.ts';

/** `active`, or `draining until 2026-01-01T12:00:00.000Z` where sessions have a deadline. */
export function modeOf({ mode, sessionsUntil }: Pick<LegStatus, 'mode' | 'sessionsUntil'>): string {
  return sessionsUntil === undefined ? mode : `${mode} until ${sessionsUntil}`;
}
