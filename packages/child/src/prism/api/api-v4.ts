/** VMs, categories, subnets and VPCs over Prism Central's v4 API. */
import type { PrismConfig } from '../config.ts';
import type { Named, PrismApi, Subnet, VmCount, VmQuestion } from './api.ts';
import { type Asker, badAnswer } from './client.ts';
import { member, PrismError } from './error.ts';
import { addTo, type Page, readPages } from './pages.ts';
import { RowCache } from './row-cache.ts';
import { type Namespace, Versions } from './versions.ts';
import { type CategoryKeys, idOf, type Tag, text, type Vm, vmOfV4 } from './vm.ts';

/** The API's own limit. */
const pageSize = 100;
/** What is read of a VM; `extId` comes anyway. */
const fields = 'extId,name,powerState,categories,nics';

export class PrismV4 implements PrismApi {
  readonly #client: Asker;
  readonly #versions: Versions;
  /** Of the last answer: to notice a category that VMs still carry and nobody lists any more. */
  #tags: ReadonlyMap<string, Tag> = new Map();
  readonly #rows = new RowCache<Vm | undefined>();
  /** Whether `$select` is understood. */
  #select = true;

  constructor(client: Asker, apiVersion: PrismConfig['apiVersion']) {
    this.#client = client;
    this.#versions = new Versions(client, apiVersion);
  }

  version(): string | undefined {
    return this.#versions.of('vmm');
  }

  async vms({ keys, signal }: VmQuestion, take: (vm: Vm) => void): Promise<VmCount> {
    const tags = await this.#categories(keys, signal);
    const lost = new Set([...this.#tags.keys()].filter((id) => !tags.has(id)));
    const seen = new Set<string>();
    const read = (row: unknown) => vmOfV4(row, tags, lost);
    this.#rows.begin(JSON.stringify([[...tags], [...lost]]));
    const list = (query: Query) =>
      this.#list(
        'vmm',
        { path: 'ahv/config/vms', query, rowOf: (row) => this.#rows.of(row, read) },
        signal,
        (vm) => {
          if (seen.has(vm.id)) return false;
          seen.add(vm.id);
          take(vm);
          return true;
        },
      );
    let total = 0;
    try {
      total = await list(this.#select ? { $select: fields } : {});
    } catch (error) {
      if (!this.#select || seen.size > 0 || !isNotUnderstood(error)) throw error;
      this.#select = false;
      total = await list({});
    }
    this.#rows.end();
    // A category that is gone stays known while VMs carry it: they are asked about it in each answer.
    this.#tags = new Map([...tags, ...[...this.#tags].filter(([id]) => lost.has(id))].slice(0, 10_000));
    const values = [...tags.values()].filter(({ kind }) => kind === 'service').length;
    return { vms: seen.size, values, short: seen.size < total };
  }

  async subnets(signal: AbortSignal): Promise<readonly Subnet[]> {
    const found = new Map<string, Subnet>();
    const list = { path: 'config/subnets', query: {}, rowOf: parsed(subnetOf) };
    await this.#list('networking', list, signal, fresh(found));
    return [...found.values()];
  }

  async vpcs(signal: AbortSignal): Promise<readonly Named[]> {
    const found = new Map<string, Named>();
    const list = { path: 'config/vpcs', query: {}, rowOf: parsed(namedOf) };
    await this.#list('networking', list, signal, fresh(found));
    return [...found.values()];
  }

  /** What the extIds of our categories mean now: a value may change and keep its extId. */
  async #categories(keys: CategoryKeys, signal: AbortSignal): Promise<ReadonlyMap<string, Tag>> {
    const tags = new Map<string, Tag>();
    const ofKey = async (kind: keyof CategoryKeys): Promise<void> => {
      const key = keys[kind];
      if (key === undefined) return;
      const $filter = `key eq '${key.replaceAll("'", "''")}'`;
      const rowOf = parsed((row) => {
        const id = idOf(member(row, 'extId'));
        return id === undefined
          ? undefined
          : { id, value: member(row, 'key') === key ? text(member(row, 'value')) : '' };
      });
      const seen = new Set<string>();
      await this.#list('prism', { path: 'config/categories', query: { $filter }, rowOf }, signal, (row) => {
        if (seen.has(row.id)) return false;
        seen.add(row.id);
        if (row.value !== '' && !tags.has(row.id)) tags.set(row.id, { kind, value: row.value });
        return true;
      });
    };
    await Promise.all([ofKey('service'), ofKey('port'), ofKey('weight')]);
    return tags;
  }

  #list<Row>(
    namespace: Namespace,
    { path, query, rowOf }: List<Row>,
    signal: AbortSignal,
    take: (row: Row) => boolean,
  ): Promise<number> {
    return this.#versions.with(namespace, signal, (version) => {
      const full = `/api/${namespace}/${version}/${path}`;
      const read = async (page: number): Promise<Page<Row | undefined>> => {
        const search = new URLSearchParams({ $page: String(page), $limit: String(pageSize), ...query });
        // Spaces as %20: not every server takes + for one.
        const asked = `${full}?${search.toString().replaceAll('+', '%20')}`;
        const rows: (Row | undefined)[] = [];
        const list = { key: 'data', take: (row: Buffer) => addTo(rows, rowOf(row), pageSize, `GET ${full}`) };
        const document = await this.#client.ask({ method: 'GET', path: asked, rows: list }, signal);
        return { rows, total: totalOf(document, full) };
      };
      return readPages(`GET ${full}`, pageSize, read, (row) => row !== undefined && take(row));
    });
  }
}

type Query = Readonly<Record<string, string>>;

interface List<Row> {
  readonly path: string;
  readonly query: Query;
  /** Undefined when it is none. */
  readonly rowOf: (row: Buffer) => Row | undefined;
}

function parsed<Row>(read: (row: unknown) => Row): (row: Buffer) => Row {
  return (row) => read(JSON.parse(row.toString('utf8')));
}

/** Takes each row once. */
function fresh<Row extends Named>(found: Map<string, Row>): (row: Row) => boolean {
  return (row) => {
    if (found.has(row.id)) return false;
    found.set(row.id, row);
    return true;
  };
}

/** An empty page has `data` as an empty list, as null, or not at all. */
function totalOf(document: unknown, path: string): number {
  const data = member(document, 'data') ?? [];
  if (!Array.isArray(data) || data.length > 0)
    throw badAnswer(`GET ${path}: want a list of rows, got something else`);
  const total = member(member(document, 'metadata'), 'totalAvailableResults');
  return typeof total === 'number' && total >= 0 ? total : 0;
}

function namedOf(row: unknown): Named | undefined {
  const id = idOf(member(row, 'extId'));
  return id === undefined ? undefined : { id, name: text(member(row, 'name')) };
}

function subnetOf(row: unknown): Subnet | undefined {
  const named = namedOf(row);
  const reference = member(row, 'vpcReference') ?? member(row, 'vpc');
  const vpc = idOf(reference) ?? idOf(member(reference, 'extId'));
  return named === undefined ? undefined : { ...named, ...(vpc === undefined ? {} : { vpc }) };
}

function isNotUnderstood(error: unknown): boolean {
  return error instanceof PrismError && error.answered === 400 && error.code === 'prism.refused';
}
