/** What a change of weights or modes did, for people. */
import type { Applied, LegStatus, UplinkStatus } from '@ficus/common/api/admin.ts';
import { modeOf } from './mode.ts';
import { percent, shares } from './shares.ts';
import { table } from './table.ts';

interface Row {
  readonly leg: LegStatus;
  readonly was: LegStatus | undefined;
}

/** A table of the legs before → after with their shares, and a line about what isn't as it should be. */
export function appliedReport(applied: Applied, before: UplinkStatus | undefined): string {
  const now = shares(applied.uplink.legs);
  const then = shares(before?.legs ?? []);
  const rows = applied.uplink.legs.map(
    (leg): Row => ({ leg, was: before?.legs.find((one) => one.child === leg.child) }),
  );
  const text = table<Row>(
    [
      { title: applied.uplink.name, value: (row) => row.leg.child },
      { title: 'weight', value: (row) => arrow(row.was?.weight, row.leg.weight) },
      { title: 'mode', value: (row) => arrow(row.was && modeOf(row.was), modeOf(row.leg)) },
      {
        title: 'share',
        value: (row) => arrow(row.was && percent(then.get(row.was.child)), percent(now.get(row.leg.child))),
      },
      { title: 'health', value: (row) => row.leg.health },
    ],
    rows,
  );
  return `${text}change ${applied.change.seq} by ${applied.change.actor}: ${applied.change.reason}\n${warnings(applied, now)}`;
}

function arrow(was: string | number | undefined, is: string | number): string {
  return was === undefined || was === is ? `${is}` : `${was} → ${is}`;
}

function warnings(applied: Applied, now: ReadonlyMap<string, number>): string {
  const lines: string[] = [];
  if (now.size === 0) {
    lines.push(`warning: no leg takes requests now: ${applied.uplink.name} answers 503\n`);
  }
  if (!applied.appliedByWorkers) {
    lines.push('warning: stored, but not every worker has acknowledged it yet; see `ficus status`\n');
  }
  return lines.join('');
}
