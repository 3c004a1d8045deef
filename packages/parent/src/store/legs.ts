/** The operator's weights and modes, and taking changes of them back. */
import type { HistoryEntry } from '@ficus/common/api/admin.ts';
import { FicusError } from '@ficus/common/errors.ts';
import type { ChildTable } from './children.ts';
import { iso, type StoreContext } from './context.ts';
import type { Restores } from './history.ts';
import type { LegOverride, Store } from './store.ts';
import { checkChange, checkMode, checkSessions, checkUplinkName, checkWeight } from './validate.ts';

type Column = 'weight' | 'mode';
interface Row {
  child: string;
  weight: number | null;
  mode: LegOverride['mode'] | null;
  sessions_until: number | null;
}

/** The part of the store that decides how traffic splits. */
export function legTable(
  { database, clock, history, write }: StoreContext,
  childTable: ChildTable,
): Pick<Store, 'legs' | 'allLegs' | 'setWeights' | 'setModes' | 'undo'> {
  const select = database.prepare(
    'SELECT child, weight, mode, sessions_until FROM legs WHERE uplink = ? ORDER BY child',
  );
  const set = {
    weight: database.prepare(
      'INSERT INTO legs (uplink, child, weight) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET weight = ?3',
    ),
    mode: database.prepare(
      `INSERT INTO legs (uplink, child, mode, sessions_until) VALUES (?1, ?2, ?3, ?4)
      ON CONFLICT DO UPDATE SET mode = ?3, sessions_until = ?4`,
    ),
  };
  const prune = database.prepare('DELETE FROM legs WHERE uplink = ? AND weight IS NULL AND mode IS NULL');

  function decided(uplink: string): Map<string, Row> {
    return new Map((select.all(uplink) as unknown as Row[]).map((row) => [row.child, row]));
  }

  /** Sets `column` for the named children; the entry's `before` shows `current` where nothing was decided. */
  function change<T extends string | number>(
    column: Column,
    uplink: string,
    values: Readonly<Record<string, T>>,
    current: Readonly<Record<string, T>>,
    by: Parameters<Store['setModes']>[2],
    sessionsUntil: number | null = null,
  ): HistoryEntry {
    checkChange(by);
    checkUplinkName(uplink);
    const named = Object.entries(values);
    if (named.length === 0) throw noLegs(column);
    for (const [child, value] of named)
      column === 'weight' ? checkWeight(child, value) : checkMode(child, value);
    return write(() => {
      const rows = decided(uplink);
      for (const [child] of named) childTable.required(child);
      const before = named.map(([child]) => {
        const shown = Object.hasOwn(current, child) ? current[child] : undefined;
        return [child, shown ?? decisionOf(rows.get(child), column)] as const;
      });
      const restores = named.map(([child]) => [child, restoreOf(rows.get(child), column)] as const);
      const after = named.map(([child, value]) => {
        if (column === 'weight') set.weight.run(uplink, child, value);
        else set.mode.run(uplink, child, value, value === 'draining' ? sessionsUntil : null);
        return [child, value === 'draining' ? draining(sessionsUntil) : value] as const;
      });
      return history.append(by, {
        action: column === 'weight' ? 'weights' : 'modes',
        subject: uplink,
        before: Object.fromEntries(before),
        after: Object.fromEntries(after),
        restores: Object.fromEntries(restores),
      });
    });
  }

  /** The entry to take back: `seq` if it can be, else the newest change that stands. */
  function choose(seq: number | undefined): number {
    const undone = new Set<number>();
    for (const entry of history.legChanges()) {
      // Newest first, so whether an undo itself was undone is known before what it undid comes along.
      if (entry.undoes !== undefined && !undone.has(entry.seq)) undone.add(entry.undoes);
      if (seq === undefined ? entry.undoes !== undefined || undone.has(entry.seq) : entry.seq !== seq)
        continue;
      if (undone.has(entry.seq)) throw alreadyUndone(entry.seq);
      return entry.seq;
    }
    throw seq === undefined
      ? nothingToUndo()
      : history.get(seq) === undefined
        ? unknownEntry(seq)
        : notALegChange(seq);
  }

  return {
    legs: (uplink) => (select.all(uplink) as unknown as Row[]).map(toOverride),

    allLegs() {
      const rows = database.prepare('SELECT * FROM legs ORDER BY uplink, child').all() as unknown as Row[];
      const all = new Map<string, LegOverride[]>();
      for (const row of rows as (Row & { uplink: string })[]) {
        const list = all.get(row.uplink);
        if (list === undefined) all.set(row.uplink, [toOverride(row)]);
        else list.push(toOverride(row));
      }
      return all;
    },

    setWeights: (uplink, weights, current, by) => change('weight', uplink, weights, current, by),
    setModes(uplink, modes, by, sessionsForMs) {
      checkSessions(modes, sessionsForMs);
      const until = sessionsForMs === undefined ? null : clock.now() + sessionsForMs;
      return change('mode', uplink, modes, {}, by, until);
    },

    undo(by, seq) {
      checkChange(by);
      return write(() => {
        const undoes = choose(seq);
        const entry = history.get(undoes)!;
        const uplink = entry.subject;
        const rows = decided(uplink);
        const before: Record<string, unknown> = {};
        const after: Record<string, unknown> = {};
        const restores: [string, Restores[string]][] = [];
        for (const [child, was] of Object.entries(entry.restores ?? {})) {
          const row = rows.get(child);
          const { weight, mode, sessionsUntil = null } = was;
          if (weight !== undefined) {
            before[child] = decisionOf(row, 'weight');
            after[child] = weight;
            restores.push([child, restoreOf(row, 'weight')]);
            set.weight.run(uplink, child, weight);
          } else if (mode !== undefined) {
            before[child] = decisionOf(row, 'mode');
            after[child] = mode === 'draining' ? draining(sessionsUntil) : mode;
            restores.push([child, restoreOf(row, 'mode')]);
            set.mode.run(uplink, child, mode, sessionsUntil);
          }
        }
        prune.run(uplink);
        return {
          uplink,
          entry: history.append(by, {
            action: 'undo',
            subject: uplink,
            before,
            after,
            undoes,
            restores: Object.fromEntries(restores),
          }),
        };
      });
    },
  };
}

/** What was decided, for the history; null: nothing. */
function decisionOf(row: Row | undefined, column: Column): string | number | null {
  if (row?.mode === 'draining' && column === 'mode') return draining(row.sessions_until);
  return row?.[column] ?? null;
}

/** What an undo needs to know of it. */
function restoreOf(row: Row | undefined, column: Column): Restores[string] {
  if (column === 'weight') return { weight: row?.weight ?? null };
  const until = row?.sessions_until ?? null;
  return { mode: row?.mode ?? null, ...(until === null ? {} : { sessionsUntil: until }) };
}

function draining(until: number | null): string {
  return until === null ? 'draining' : `draining until ${iso(until)}`;
}

function toOverride({ child, weight, mode, sessions_until: until }: Row): LegOverride {
  return {
    child,
    ...(weight === null ? {} : { weight }),
    ...(mode === null || mode === undefined ? {} : { mode }),
    ...(until === null ? {} : { sessionsUntil: until }),
  };
}

function noLegs(column: Column): FicusError {
  return new FicusError(`${column}.invalid`, `want at least one child with its ${column}, found none`, {
    status: 400,
    remedy: `name a child: vm-1=${column === 'weight' ? 90 : 'standby'}`,
  });
}

const conflict = (code: string, message: string, status = 409): FicusError =>
  new FicusError(code, message, { status, remedy: 'see "ficus history" for what can be taken back' });
const nothingToUndo = () =>
  conflict('undo.nothing', 'want a change of weights or modes to take back, found none');
const unknownEntry = (seq: number) =>
  conflict('undo.unknown', `want an entry of the history, found no ${seq}`, 404);
const alreadyUndone = (seq: number) => conflict('undo.already', `entry ${seq} is already taken back`);
const notALegChange = (seq: number) =>
  conflict(
    'undo.not-possible',
    `entry ${seq} is not a change of weights or modes, so it can't be taken back`,
  );
