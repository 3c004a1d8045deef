/** What a change must look like before the store takes it. */
import type { LegMode } from '@ficus/common/api/admin.ts';
import { FicusError } from '@ficus/common/errors.ts';
import { isExposedName, isNodeName } from '@ficus/common/names.ts';
import type { Change, NewToken } from './store.ts';

const modes: readonly string[] = ['active', 'standby', 'draining', 'off'] satisfies LegMode[];
/** Highest weight of a leg. */
export const maxWeight = 1000;
const maxSessionsMs = 365 * 24 * 3_600_000;
const maxTokenTtlMs = 24 * 3_600_000;
/** As an exposed name, with `*` anywhere. */
const glob = /^[a-z0-9*](?:[-a-z0-9.*]*[a-z0-9*])?$/;

/** What was found, short and printable whatever it is. */
export function quote(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}

function refuse(code: string, message: string, remedy: string): FicusError {
  return new FicusError(code, message, { status: 400, remedy });
}

/** Throws `reason.invalid` or `actor.invalid`. */
export function checkChange(change: Change): void {
  for (const field of ['reason', 'actor'] as const) {
    const text: unknown = change[field];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
    if (typeof text === 'string' && /^[^\x00-\x1f\x7f-\x9f]{1,500}$/u.test(text) && text.trim() !== '')
      continue;
    throw refuse(
      `${field}.invalid`,
      `${field}: want 1 to 500 characters without control characters, found ${quote(text)}`,
      `say ${field === 'reason' ? 'why' : 'who'} in one line: --${field} "…"`,
    );
  }
}

/** Throws `uplink.invalid-name`. */
export function checkUplinkName(name: string): void {
  if (isExposedName(name)) return;
  throw refuse('uplink.invalid-name', `want an exposed name, found ${quote(name)}`, 'see "ficus uplinks"');
}

/** Throws `child.invalid-name`. */
export function checkChildName(name: string): void {
  if (isNodeName(name)) return;
  throw refuse(
    'child.invalid-name',
    `want 1 to 63 lower-case letters, digits and "-", found ${quote(name)}`,
    'choose a name such as vm-1',
  );
}

/** Throws `weight.invalid`. */
export function checkWeight(child: string, weight: unknown): void {
  if (Number.isInteger(weight) && (weight as number) >= 0 && (weight as number) <= maxWeight) return;
  throw refuse(
    'weight.invalid',
    `weight of ${quote(child)}: want a whole number from 0 to ${maxWeight}, found ${quote(weight)}`,
    `name each child with its weight: ${child}=90`,
  );
}

/** Throws `mode.invalid`. */
export function checkMode(child: string, mode: unknown): void {
  if (typeof mode === 'string' && modes.includes(mode)) return;
  throw refuse(
    'mode.invalid',
    `mode of ${quote(child)}: want one of ${modes.join(', ')}, found ${quote(mode)}`,
    `name each child with its mode: ${child}=standby`,
  );
}

/** Throws `sessions.invalid`: `ms` is how long sessions stay, of the legs of `modes` that drain. */
export function checkSessions(modes: Readonly<Record<string, unknown>>, ms: number | undefined): void {
  if (ms === undefined) return;
  if (!Object.values(modes).includes('draining')) {
    throw refuse(
      'sessions.invalid',
      'want a leg that drains for its sessions to stay at, found none',
      'set the mode of one to draining, or leave the time of sessions out',
    );
  }
  if (Number.isInteger(ms) && ms >= 1 && ms <= maxSessionsMs) return;
  throw refuse(
    'sessions.invalid',
    `time of sessions: want 1 ms to 365 days, found ${quote(ms)} ms`,
    'leave it out to let sessions stay for as long as the leg drains',
  );
}

/** Throws `child.invalid-name`, `workloads.invalid` or `token.ttl`. */
export function checkToken(token: NewToken): void {
  checkChildName(token.child);
  const { workloads, ttlMs } = token;
  if (workloads.length < 1 || workloads.length > 100) {
    throw refuse(
      'workloads.invalid',
      `want 1 to 100 workloads, found ${workloads.length}`,
      "grant the names that the child may advertise: --workloads 'orders,billing-*'",
    );
  }
  for (const workload of workloads) {
    if (workload.length <= 253 && glob.test(workload)) continue;
    throw refuse(
      'workloads.invalid',
      `want lower-case letters, digits, ".", "-" and "*", found ${quote(workload)}`,
      "grant exposed names or globs of them: --workloads 'orders,billing-*'",
    );
  }
  if (!Number.isInteger(ttlMs) || ttlMs < 1 || ttlMs > maxTokenTtlMs) {
    throw refuse(
      'token.ttl',
      `want a life of 1 ms to 24 h, found ${quote(ttlMs)} ms`,
      'leave it out for 15 minutes',
    );
  }
}
