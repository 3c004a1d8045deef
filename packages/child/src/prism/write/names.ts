/** Turns the names in an order into the extIds that Prism Central wants. */
import { FicusError } from '@ficus/common/errors.ts';
import { quoted } from '@ficus/common/plain-text.ts';
import { member } from '../api/error.ts';
import type { PrismCalls } from './calls.ts';
import type { VmOrder } from './order.ts';

/** extIds. */
export interface OrderIds {
  readonly cluster: string;
  readonly image: string;
  readonly subnet: string;
  readonly categories: readonly string[];
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Throws `prism.no-such-name` when there is none, or several. */
export async function resolveNames(calls: PrismCalls, order: VmOrder): Promise<OrderIds> {
  const named = (what: string, namespace: string, rest: string, name: string) =>
    uuid.test(name)
      ? name.toLowerCase()
      : one(calls, what, namespace, rest, `name eq ${literal(name)}`, name);
  const cluster = await named('cluster', 'clustermgmt', 'config/clusters', order.cluster);
  const subnet = await named('subnet', 'networking', 'config/subnets', order.subnet);
  const image = await named('image', 'vmm', 'content/images', order.image);
  const categories: string[] = [];
  for (const [key, values] of Object.entries(order.categories ?? {})) {
    for (const value of typeof values === 'string' ? [values] : values) {
      const filter = `key eq ${literal(key)} and value eq ${literal(value)}`;
      categories.push(await one(calls, 'category', 'prism', 'config/categories', filter, `${key}: ${value}`));
    }
  }
  return { cluster, subnet, image, categories };
}

async function one(
  calls: PrismCalls,
  what: string,
  namespace: string,
  rest: string,
  filter: string,
  name: string,
): Promise<string> {
  const query = `$limit=2&$filter=${encodeURIComponent(filter)}`;
  const { document } = await calls.newest(namespace, rest, query);
  const rows = member(document, 'data');
  const ids = (Array.isArray(rows) ? rows : []).map((row) => member(row, 'extId'));
  const [id] = ids;
  if (ids.length === 1 && typeof id === 'string' && uuid.test(id)) return id;
  const found = ids.length === 0 ? 'none' : 'several';
  throw new FicusError('prism.no-such-name', `want one ${what} ${quoted(name)}, found ${found}`, {
    remedy:
      ids.length === 0
        ? `create it, or name one that this key may see`
        : `name it by its extId, which Prism Central shows`,
  });
}

/** OData doubles quotes. */
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
