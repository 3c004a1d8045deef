/** VMs over Prism Central's old v3 API, which tells categories with the VM and no VPCs. */
import type { Named, PrismApi, Subnet, VmCount, VmQuestion } from './api.ts';
import { type Asker, badAnswer } from './client.ts';
import { member } from './error.ts';
import { addTo, readPages } from './pages.ts';
import { RowCache } from './row-cache.ts';
import { type Vm, vmOfV3 } from './vm.ts';

/** The API allows 500; rows are long. */
const pageSize = 200;
const path = '/api/nutanix/v3/vms/list';

export class PrismV3 implements PrismApi {
  readonly #client: Asker;
  readonly #rows = new RowCache<Vm | undefined>();

  constructor(client: Asker) {
    this.#client = client;
  }

  version(): string {
    return 'v3';
  }

  async vms({ keys, signal }: VmQuestion, take: (vm: Vm) => void): Promise<VmCount> {
    const seen = new Set<string>();
    const values = new Set<string>();
    const one = (row: unknown) => vmOfV3(row, keys);
    this.#rows.begin(JSON.stringify(keys));
    const read = async (page: number) => {
      const body = { kind: 'vm', offset: page * pageSize, length: pageSize };
      const rows: (Vm | undefined)[] = [];
      const list = {
        key: 'entities',
        take: (row: Buffer) => addTo(rows, this.#rows.of(row, one), pageSize, `POST ${path}`),
      };
      const document = await this.#client.ask({ method: 'POST', path, body, rows: list }, signal);
      const left = member(document, 'entities') ?? [];
      if (!Array.isArray(left) || left.length > 0)
        throw badAnswer(`POST ${path}: want a list of entities, got something else`);
      const total = member(member(document, 'metadata'), 'total_matches');
      return { rows, total: typeof total === 'number' && total >= 0 ? total : 0 };
    };
    const count = await readPages(`POST ${path}`, pageSize, read, (vm) => {
      if (vm === undefined || seen.has(vm.id)) return false;
      seen.add(vm.id);
      for (const value of vm.services) values.add(value);
      take(vm);
      return true;
    });
    this.#rows.end();
    // It does not list values without VMs; none at all says nothing here.
    return { vms: seen.size, values: Math.max(1, values.size), short: seen.size < count };
  }

  subnets(): Promise<readonly Subnet[]> {
    return Promise.resolve([]);
  }

  vpcs(): Promise<readonly Named[]> {
    return Promise.resolve([]);
  }
}
