/** Categories; on a Prism Central their writes are synchronous. */
import type { Fields } from '../http/filter.ts';
import { parameters } from '../http/query.ts';
import type { CategoryRecord } from '../state/records.ts';
import { entityAnswer } from '../wire/envelope.ts';
import { ApiError, appMessage, notFound, schemaError } from '../wire/errors.ts';
import { wireCategory } from '../wire/others.ts';
import type { Call, Central, Reply, Route } from './central.ts';
import { lister } from './list.ts';
import { etagOf, pathId, staleEtag } from './writes.ts';

const namespace = 'prism';
const config = 'prism.v4.config';
const categories = '/config/categories';
/** What neither a key nor a value may contain. */
const forbidden = /[/,!"#%'()*+:;=?\\|[\]^&]/;

const fields: Fields<CategoryRecord> = {
  fields: {
    extId: { get: (one) => one.extId },
    key: { get: (one) => one.key },
    value: { get: (one) => one.value },
    type: { get: (one) => one.type, enumType: 'Prism.Config.CategoryType' },
  },
};

export function categoryRoutes(central: Central): Route[] {
  const { inventory, profile } = central;
  const having = associations(central);
  const list = lister(central, {
    namespace,
    answer: `${config}.ListCategoriesApiResponse`,
    rows: () => [...inventory.categories.values()],
    fields,
    expandable: ['associations'],
    text: (one, { expand }) => {
      const vms = having().get(one.extId) ?? [];
      const expanded = expand === 'associations' ? { count: vms.length } : {};
      return JSON.stringify(wireCategory(one, profile, expanded));
    },
  });
  const route = (method: string, pattern: string, answer: string, handle: Route['handle']): Route => ({
    method,
    namespace,
    pattern,
    answer: `${config}.${answer}`,
    handle,
  });
  const one = `${categories}/{extId}`;
  return [
    route('GET', categories, 'ListCategoriesApiResponse', list),
    route('POST', categories, 'CreateCategoryApiResponse', (call) => create(call, central)),
    route('GET', one, 'GetCategoryApiResponse', (call) => {
      const category = existing(call, central);
      const expand = parameters(call.search).get('$expand');
      const vms = having().get(category.extId) ?? [];
      return answered(call, central, category, 200, 'GetCategoryApiResponse', {
        ...(expand?.includes('detailedAssociations') ? { vms } : {}),
        ...(expand?.split(',').includes('associations') ? { count: vms.length } : {}),
      });
    }),
    route('PUT', one, 'UpdateCategoryApiResponse', (call) => update(call, central)),
    route('DELETE', one, 'DeleteCategoryApiResponse', (call) => {
      const category = existing(call, central);
      fresh(call, central, category);
      inventory.removeCategory(category.extId);
      return { status: 204 };
    }),
  ];
}

/** VMs by category, computed once for each state of the inventory. */
function associations({ inventory }: Central): () => ReadonlyMap<string, readonly string[]> {
  let revision = -1;
  let map = new Map<string, string[]>();
  return () => {
    if (revision === inventory.revision) return map;
    revision = inventory.revision;
    map = new Map();
    for (const vm of inventory.rows())
      for (const extId of vm.categories ?? []) map.set(extId, [...(map.get(extId) ?? []), vm.extId]);
    return map;
  };
}

function create(call: Call, central: Central): Reply {
  const { key, value, description } = read(call.body);
  if (central.inventory.category(key, value) !== undefined) {
    throw new ApiError(409, {
      message: `A category with the key ${key} and the value ${value} exists already.`,
      code: 'CTGR-10004',
      group: 'CATEGORY_ALREADY_EXISTS',
    });
  }
  const category = central.inventory.addCategory(key, value, { description });
  return answered(call, central, category, 201, 'CreateCategoryApiResponse');
}

/** The value may change, and the category remains the same; the key may not. Answers with a message only. */
function update(call: Call, central: Central): Reply {
  const category = existing(call, central);
  fresh(call, central, category);
  const { key, value, description } = read(call.body);
  if (key !== category.key) throw schemaError('body.key', 'key', 'The key of a category cannot be changed');
  central.inventory.changeCategory(category.extId, { value, description });
  const message = { message: 'The category was updated.', code: 'CTGR-10001', group: 'CATEGORY_UPDATE' };
  const data = [appMessage(central.profile, namespace, message, 'INFO')];
  const answer = `${config}.UpdateCategoryApiResponse`;
  const self = `${call.origin}${call.path}`;
  return { status: 200, body: entityAnswer(central.profile, namespace, answer, data, self) };
}

function existing(call: Call, central: Central): CategoryRecord {
  const category = central.inventory.categories.get(pathId(call));
  if (category === undefined || central.faults.hidden.includes(category.extId)) throw notFound(namespace);
  return category;
}

function fresh(call: Call, central: Central, category: CategoryRecord): void {
  const stale = staleEtag(call, central, category.version);
  if (stale !== undefined) throw stale;
}

function answered(
  call: Call,
  central: Central,
  category: CategoryRecord,
  status: number,
  answer: string,
  expanded: { readonly count?: number; readonly vms?: readonly string[] } = {},
): Reply {
  const { profile } = central;
  const path = call.names['extId'] === undefined ? `${call.path}/${category.extId}` : call.path;
  const data = wireCategory(category, profile, expanded);
  return {
    status,
    headers: { ETag: etagOf(category.version) },
    body: entityAnswer(profile, namespace, `${config}.${answer}`, data, `${call.origin}${path}`),
  };
}

function read(body: unknown): { key: string; value: string; description: string } {
  const { key, value, description = '' } = (body ?? {}) as Record<string, unknown>;
  return {
    key: word(key, 'key'),
    value: word(value, 'value'),
    description: typeof description === 'string' ? description : '',
  };
}

function word(given: unknown, name: string): string {
  if (typeof given !== 'string' || given === '')
    throw schemaError(`body.${name}`, name, `Object has missing required properties (["${name}"])`);
  if (given.length > 64)
    throw schemaError(`body.${name}`, name, `String is too long (length: ${given.length}, maximum: 64)`);
  if (given.startsWith('$') || forbidden.test(given))
    throw schemaError(`body.${name}`, name, `ECMA 262 regex does not match input string "${given}"`);
  return given;
}
