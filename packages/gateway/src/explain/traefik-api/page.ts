/** Filters, order and pages of Traefik's lists, with its parameters and its defaults. */
import { FicusError } from '@ficus/common/errors.ts';

/** Parameters of a query by name; of repeated ones none. */
export type Query = Readonly<Record<string, unknown>>;

export interface Page<T> {
  readonly items: readonly T[];
  /** For `X-Next-Page`; 1 on the last page. */
  readonly next: number;
}

export interface Listed {
  readonly name: string;
  readonly provider?: string;
  readonly status?: string;
  readonly [key: string]: unknown;
}

/** How a list can be searched and ordered. */
export interface Order<T> {
  /** Texts that `search` looks into, besides the name. */
  readonly searched?: (item: T) => readonly string[];
  /** What `sortBy` may name, besides `name`, `provider` and `status`. */
  readonly keys?: Readonly<Record<string, (item: T) => string | number>>;
  /** What a router leads to, for `serviceName` and `middlewareName`. */
  readonly leadsTo?: (item: T) => { readonly service: string; readonly middlewares: readonly string[] };
}

/** Throws a FicusError (`request.invalid`, 400) for a page that there is not. */
export function pageOf<T extends Listed>(all: readonly T[], query: Query, order: Order<T> = {}): Page<T> {
  return cut(ordered(all.filter(filter(query, order)), query, order), query);
}

function filter<T extends Listed>(query: Query, order: Order<T>): (item: T) => boolean {
  const search = text(query, 'search').toLowerCase();
  const status = text(query, 'status').toLowerCase();
  const service = text(query, 'serviceName');
  const middleware = text(query, 'middlewareName');
  return (item) => {
    if (status !== '' && item.status?.toLowerCase() !== status) return false;
    const searched = [item.name, ...(order.searched?.(item) ?? [])];
    if (search !== '' && !searched.some((each) => each.toLowerCase().includes(search))) return false;
    const to = order.leadsTo?.(item);
    if (to === undefined) return true;
    if (service !== '' && to.service !== (to.service.includes('@') ? service : service.split('@')[0]))
      return false;
    return middleware === '' || to.middlewares.includes(middleware);
  };
}

function ordered<T extends Listed>(items: T[], query: Query, order: Order<T>): T[] {
  const by = text(query, 'sortBy');
  const keys: Order<T>['keys'] = {
    provider: ({ provider = '' }) => provider,
    status: ({ status = '' }) => status,
    ...order.keys,
  };
  const key = Object.hasOwn(keys, by) ? keys[by] : undefined;
  const direction = text(query, 'direction') === 'desc' ? -1 : 1;
  const compared = (a: T, b: T) =>
    (key === undefined ? 0 : compare(key(a), key(b))) || compare(a.name, b.name);
  return items.sort((a, b) => direction * compared(a, b));
}

function cut<T>(items: readonly T[], query: Query): Page<T> {
  const size = count(query, 'per_page', 100);
  const page = count(query, 'page', 1);
  const from = (page - 1) * size;
  if (from > 0 && from >= items.length) {
    throw bad(`page: want a page from 1 to ${Math.max(1, Math.ceil(items.length / size))}, got ${page}`);
  }
  const more = page * size < items.length;
  return { items: items.slice(from, from + size), next: more ? page + 1 : 1 };
}

function text(query: Query, name: string): string {
  const value = query[name];
  return typeof value === 'string' ? value : '';
}

function count(query: Query, name: string, fallback: number): number {
  const written = text(query, name);
  if (written === '') return fallback;
  if (/^[1-9][0-9]{0,8}$/.test(written)) return Number(written);
  throw bad(`${name}: want a whole number from 1, got ${JSON.stringify(written.slice(0, 40))}`);
}

function bad(message: string): FicusError {
  return new FicusError('request.invalid', message, { status: 400, remedy: 'see docs/api.md' });
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
