/** Pages of a list: filtered, ordered, selected, and as wrong as the switches say. */
import { compileFilter, compileOrder, type Fields } from '../http/filter.ts';
import { type ListQuery, listQuery } from '../http/query.ts';
import { listAnswer } from '../wire/envelope.ts';
import { schemaError } from '../wire/errors.ts';
import type { Namespace } from '../wire/profile.ts';
import type { Call, Central, Reply } from './central.ts';

interface Listed<Row> {
  readonly namespace: Namespace;
  readonly answer: string;
  readonly rows: () => readonly Row[];
  readonly fields: Fields<Row>;
  /** JSON of a row. */
  readonly text: (row: Row, query: ListQuery) => string;
  /** What `$expand` may say. */
  readonly expandable?: readonly string[];
  /** Called for each row of the page. */
  readonly told?: (row: Row) => void;
}

/** A list's handler. Results are kept until the inventory changes: thousands of rows are asked for page by page. */
export function lister<Row extends object>(central: Central, listed: Listed<Row>): (call: Call) => Reply {
  const kept = new Map<string, readonly Row[]>();
  let keptRevision = -1;
  let empties = 0;
  const matching = (call: Call, query: ListQuery): readonly Row[] => {
    if (keptRevision !== central.inventory.revision) kept.clear();
    keptRevision = central.inventory.revision;
    const { filter = '', orderBy = '' } = query;
    const key = JSON.stringify([filter, orderBy, call.account.name, central.faults.hidden]);
    const there = kept.get(key);
    if (there !== undefined) return there;
    let rows = visible(listed.rows(), call, central);
    if (filter !== '') rows = rows.filter(compileFilter(filter, listed.fields));
    if (orderBy !== '') rows = rows.toSorted(compileOrder(orderBy, listed.fields));
    if (kept.size > 20) kept.clear();
    kept.set(key, rows);
    return rows;
  };
  return (call) => {
    const query = listQuery(call.search);
    if (query.expand !== undefined && listed.expandable?.includes(query.expand) !== true)
      throw schemaError('query.$expand', '$expand', `Cannot expand '${query.expand}'`);
    const rows = matching(call, query);
    const page = rows.slice(...bounds(query, central.faults.rows));
    const texts = page.map((row) => selected(listed.text(row, query), query.select));
    if (listed.told !== undefined) page.forEach(listed.told);
    const data = texts.length > 0 ? texts : empty(central.faults.emptyPage, () => empties++);
    const body = listAnswer(central.profile, listed.namespace, listed.answer, data, {
      href: `${call.origin}${call.path}?`,
      rest: query.rest,
      page: query.page,
      limit: query.limit,
      total: total(rows.length, query, central.faults.totals),
    });
    return { status: 200, body };
  };
}

/** What RBAC leaves of a list. */
function visible<Row extends object>(rows: readonly Row[], call: Call, central: Central): readonly Row[] {
  const { hidden } = central.faults;
  const { clusters } = call.account;
  if (hidden.length === 0 && clusters === undefined) return rows;
  return rows.filter((row) => {
    const { extId, cluster } = row as { readonly extId?: string; readonly cluster?: string };
    if (extId !== undefined && hidden.includes(extId)) return false;
    return clusters === undefined || cluster === undefined || clusters.includes(cluster);
  });
}

/** From and to; rows that move between two pages come twice or never. */
function bounds(query: ListQuery, moves: 'still' | 'repeat' | 'skip'): [number, number] {
  const from = query.page * query.limit;
  const by = query.page === 0 || moves === 'still' ? 0 : moves === 'repeat' ? -1 : 1;
  return [from + by, from + by + query.limit];
}

/** What a total that is only eventually right says on this page. */
function total(count: number, query: ListQuery, says: 'true' | 'shrinks' | 'grows' | 'low'): number {
  const pages = Math.ceil(count / query.limit);
  const left = Math.max(0, pages - query.page);
  if (says === 'shrinks') return count + left * 3;
  if (says === 'grows') return Math.max(0, count - left * 3);
  if (says === 'low') return Math.min(count, (query.page + 1) * query.limit);
  return count;
}

function empty(
  shape: 'in-turn' | 'array' | 'null' | 'absent',
  turn: () => number,
): readonly string[] | null | undefined {
  const shapes = { array: [], null: null, absent: undefined } as const;
  const name = shape === 'in-turn' ? (['absent', 'null', 'array'] as const)[turn() % 3] : shape;
  return shapes[name ?? 'array'];
}

/** `$select` keeps what it names and what every object has. */
function selected(text: string, select: readonly string[] | undefined): string {
  if (select === undefined || select.includes('*')) return text;
  const names = new Set(['$reserved', '$objectType', 'extId', ...select]);
  const row = JSON.parse(text) as Record<string, unknown>;
  return JSON.stringify(Object.fromEntries(Object.entries(row).filter(([name]) => names.has(name))));
}
