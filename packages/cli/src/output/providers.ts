/** How the providers of children fare, for people. */
import type { ChildStatus, ProviderStatus } from '@ficus/common/api/admin.ts';
import { fromNow } from './duration.ts';
import { printable, table } from './table.ts';

interface Row {
  readonly child: string;
  readonly provider: ProviderStatus;
}

/** The providers as a table; the empty string when no child has one. */
export function providerTable(children: readonly ChildStatus[], now: number): string {
  const rows = rowsOf(children);
  if (rows.length === 0) return '';
  return table<Row>(
    [
      { title: 'child', value: (row) => row.child },
      { title: 'provider', value: (row) => row.provider.name },
      { title: 'asks', value: (row) => row.provider.endpoint },
      { title: 'state', value: ({ provider }) => stateOf(provider, now) },
      { title: 'services', value: (row) => String(row.provider.services) },
      { title: 'machines', value: (row) => String(row.provider.machines) },
      { title: 'seen', value: (row) => row.provider.seen },
    ],
    rows,
  );
}

/** A line for each thing that somebody should mend. */
export function providerProblems(children: readonly ChildStatus[], now: number): readonly string[] {
  return rowsOf(children).flatMap(({ child, provider: { name, error, conditions } }) => {
    const line = (text: string) => printable(`problem: ${child}: ${name}: ${text}`).concat('\n');
    const failure =
      error === undefined
        ? []
        : [
            `${error.code}: ${error.message} (since ${fromNow(error.since, now)})${error.remedy === undefined ? '' : `; ${error.remedy}`}`,
          ];
    const found = conditions.map(({ code, subject, message }) => `${code}: ${subject}: ${message}`);
    return [...failure, ...found].map(line);
  });
}

function stateOf({ state, lastGoodAt }: ProviderStatus, now: number): string {
  if (state !== 'failing') return state;
  return lastGoodAt === undefined
    ? 'failing, no answer yet'
    : `failing, last answer ${fromNow(lastGoodAt, now)}`;
}

function rowsOf(children: readonly ChildStatus[]): readonly Row[] {
  return children.flatMap(({ name, providers = [] }) =>
    providers.map((provider) => ({ child: name, provider })),
  );
}
