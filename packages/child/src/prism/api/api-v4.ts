/** VMs, categories, subnets and VPCs over Prism Central's v4 API. */
import type { PrismConfig } from '../config.ts';
import type { Named, PrismApi, Subnet, VmCount, VmQuestion } from './api.ts';
import { type Asker, badAnswer } from './client.ts';
import { member, PrismError } from './error.ts';
import { type Page, readPages } from './pages.ts';
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
    const path = 'ahv/config/vms';
    const row = (each: unknown): boolean => {
      const vm = vmOfV4(each, tags, lost);
      if (vm === undefined || seen.has(vm.id)) return false;
      seen.add(vm.id);
      take(vm);
      return true;
    };
    let total = 0;
    try {
      total = await this.#list('vmm', path, this.#select ? { $select: fields } : {}, signal, row);
    } catch (error) {
      if (!this.#select || seen.size > 0 || !isNotUnderstood(error)) throw error;
      this.#select = false;
      total = await this.#list('vmm', path, {}, signal, row);
    }
    // A category that is gone stays known while VMs carry it: they are asked about it in each answer.
    this.#tags = new Map([...tags, ...[...this.#tags].filter(([id]) => lost.has(id))].slice(0, 10_000));
    const values = [...tags.values()].filter(({ kind }) => kind === 'service').length;
    return { vms: seen.size, values, short: seen.size < total };
  }

  async subnets(signal: AbortSignal): Promise<readonly Subnet[]> {
    const found = new Map<string, Subnet>();
    await this.#list('networking', 'config/subnets', {}, signal, (row) => {
      const named = namedOf(row);
      if (named === undefined || found.has(named.id)) return false;
      const reference = member(row, 'vpcReference') ?? member(row, 'vpc');
      const vpc = idOf(reference) ?? idOf(member(reference, 'extId'));
      found.set(named.id, { ...named, ...(vpc === undefined ? {} : { vpc }) });
      return true;
    });
    return [...found.values()];
  }

  async vpcs(signal: AbortSignal): Promise<readonly Named[]> {
    const found = new Map<string, Named>();
    await this.#list('networking', 'config/vpcs', {}, signal, (row) => {
      const named = namedOf(row);
      if (named === undefined || found.has(named.id)) return false;
      found.set(named.id, named);
      return true;
    });
    return [...found.values()];
  }

  /** What the extIds of our categories mean now: a value may change and keep its extId. */
  async #categories(keys: CategoryKeys, signal: AbortSignal): Promise<ReadonlyMap<string, Tag>> {
    const tags = new Map<string, Tag>();
    const ofKey = async (kind: keyof CategoryKeys): Promise<void> => {
      const key = keys[kind];
      if (key === undefined) return;
      const $filter = `key eq '${key.replaceAll("'", "''")}'`;
      await this.#list('prism', 'config/categories', { $filter }, signal, (row) => {
        const id = idOf(member(row, 'extId'));
        const value = text(member(row, 'value'));
        if (id === undefined || tags.has(id)) return false;
        if (member(row, 'key') === key && value !== '') tags.set(id, { kind, value });
        return true;
      });
    };
    await Promise.all([ofKey('service'), ofKey('port'), ofKey('weight')]);
    return tags;
  }

  #list(
    namespace: Namespace,
    path: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
    take: (row: unknown) => boolean,
  ): Promise<number> {
    return this.#versions.with(namespace, signal, (version) => {
      const full = `/api/${namespace}/${version}/${path}`;
      const read = async (page: number): Promise<Page> => {
        const search = new URLSearchParams({ $page: String(page), $limit: String(pageSize), ...query });
        // Spaces as %20: not every server takes + for one.
        const asked = `${full}?${search.toString().replaceAll('+', '%20')}`;
        return pageOf(await this.#client.ask({ method: 'GET', path: asked }, signal), full);
      };
      return readPages(`GET ${full}`, pageSize, read, take);
    });
  }
}

/** An empty page has `data` as an empty list, as null, or not at all. */
function pageOf(document: unknown, path: string): Page {
  const data = member(document, 'data') ?? [];
  if (!Array.isArray(data)) throw badAnswer(`GET ${path}: want a list of rows, got something else`);
  const total = member(member(document, 'metadata'), 'totalAvailableResults');
  return { rows: data, total: typeof total === 'number' && total >= 0 ? total : 0 };
}

function namedOf(row: unknown): Named | undefined {
  const id = idOf(member(row, 'extId'));
  return id === undefined ? undefined : { id, name: text(member(row, 'name')) };
}

function isNotUnderstood(error: unknown): boolean {
  return error instanceof PrismError && error.answered === 400 && error.code === 'prism.refused';
}
