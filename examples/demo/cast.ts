/** The demo's processes: each `ficus` and each workload is one of its own, in one temporary directory. */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ChildStatus, CreatedToken, UplinkStatus } from '@ficus/common/api/admin.ts';
import { TemporaryDirectory } from '@ficus/test/harness/directory.ts';
import { eventually } from '@ficus/test/harness/eventually.ts';
import { cliJson, ficusEntry } from '@ficus/test/harness/ficus.ts';
import { freePort } from '@ficus/test/harness/ports.ts';
import { Managed } from '@ficus/test/harness/process.ts';
import { get, type RequestOptions, send } from '@ficus/test/harness/request.ts';
import {
  cluster1Yaml,
  ordersYaml,
  type Ports,
  parentDynamicYaml,
  parentYaml,
  vm1Yaml,
} from './configuration.ts';

type ChildName = 'vm-1' | 'cluster-1' | 'ahv';

/** Everything that was started. Disposing of it ends every process and removes the directory. */
export class Cast implements AsyncDisposable {
  readonly directory: TemporaryDirectory;
  readonly ports: Ports;
  /** Where the simulated Prism Central is changed, once there is one. */
  prismControl = '';
  #processes = new Map<string, Managed>();
  readonly #owned = new AsyncDisposableStack();

  private constructor(directory: TemporaryDirectory, ports: Ports) {
    this.directory = directory;
    this.ports = ports;
  }

  /** Writes the files; starts nothing. */
  static async make(): Promise<Cast> {
    const ports: Ports = {
      web: await freePort(),
      join: await freePort(),
      vm1: await freePort(),
      cluster1: await freePort(),
      monolith: await freePort(),
      orders: await freePort(),
      ahv: await freePort(),
      billing: await freePort(),
    };
    const directory = await TemporaryDirectory.make('demo');
    for (const name of ['parent', 'vm-1', 'cluster-1', 'ahv']) await mkdir(directory.file(name));
    await directory.write('parent/parent.yaml', parentYaml(ports));
    await directory.write('parent/dynamic.yaml', parentDynamicYaml);
    await directory.write('vm-1/child.yaml', vm1Yaml(ports));
    await directory.write('cluster-1/child.yaml', cluster1Yaml(ports));
    await directory.write('cluster-1/workloads.yaml', '# nothing yet\n');
    return new Cast(directory, ports);
  }

  /** The parent's public door. */
  get url(): string {
    return `http://127.0.0.1:${this.ports.web}`;
  }
  get socket(): string {
    return this.directory.file('parent/state/admin.sock');
  }

  /** Starts one of the example workloads and waits until it answers. */
  async startWorkload(name: 'monolith' | 'orders' | 'billing'): Promise<void> {
    const program = fileURLToPath(new URL(`../${name}/server.ts`, import.meta.url));
    const process = this.#start(name, [program, '--port', String(this.ports[name])]);
    await process.until(
      async () => (await get(`http://127.0.0.1:${this.ports[name]}/health`)).status === 200,
      name,
    );
  }

  /** Starts the parent and waits until it serves and its admin API answers. */
  async startParent(): Promise<void> {
    const config = this.directory.file('parent/parent.yaml');
    const process = this.#start('parent', [ficusEntry, 'parent', '--config', config]);
    await process.until(async () => (await get(`${this.url}/`)).status > 0, 'the parent');
    await process.until(async () => (await this.#admin('/status')).status === 200, "the parent's admin API");
  }

  /** A token for the child. */
  createToken(name: ChildName, workloads: string): Promise<CreatedToken> {
    return cliJson<CreatedToken>([
      'token',
      'create',
      '--child',
      name,
      '--workloads',
      workloads,
      '--socket',
      this.socket,
    ]);
  }

  /** A token with secrets for the child, which `ficus cloud-init` asks for; here with the API that the command uses. */
  async createTokenWith(
    child: ChildName,
    workloads: readonly string[],
    secrets: Readonly<Record<string, string>>,
  ): Promise<CreatedToken> {
    const { status, body } = await this.#admin('/tokens', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ child, workloads, secrets }),
    });
    if (status >= 400) throw new Error(`a token for ${child}: ${body}`);
    return JSON.parse(body) as CreatedToken;
  }

  /** `ficus join` as on the child's machine. */
  async join(name: 'vm-1' | 'cluster-1', token: CreatedToken): Promise<void> {
    const port = name === 'vm-1' ? this.ports.vm1 : this.ports.cluster1;
    await cliJson(
      [
        'join',
        `https://127.0.0.1:${this.ports.join}`,
        '--ca-pin',
        token.caPin,
        '--address',
        `127.0.0.1:${port}`,
        '--state-directory',
        this.directory.file(`${name}/state`),
      ],
      { input: token.token },
    );
  }

  /** Has something end with the cast. */
  owns<T extends AsyncDisposable>(owned: T): T {
    return this.#owned.use(owned);
  }

  /** Starts the child; the parent finds it by itself. */
  startChild(name: ChildName): void {
    this.#start(name, [ficusEntry, 'child', '--config', this.directory.file(`${name}/child.yaml`)]);
  }

  /** Ends the child with SIGKILL. */
  killChild(name: ChildName): void {
    this.#processes.get(name)?.kill('SIGKILL');
  }

  /** The new service's configuration on the cluster, which the child watches. */
  async exposeOrders(): Promise<void> {
    await this.directory.write('cluster-1/workloads.yaml', ordersYaml(this.ports));
  }

  /** Waits until the parent is connected to the child. */
  async connected(name: ChildName): Promise<void> {
    await eventually(
      async () => {
        const { children } = JSON.parse((await this.#admin('/children')).body) as { children: ChildStatus[] };
        return children.find((one) => one.name === name)?.state === 'connected';
      },
      15_000,
      `the parent to be connected to ${name}`,
    );
  }

  /** Waits until the child's leg of the uplink is up. */
  async legUp(uplink: string, child: ChildName): Promise<void> {
    await eventually(
      async () => {
        const { uplinks } = JSON.parse((await this.#admin('/uplinks')).body) as { uplinks: UplinkStatus[] };
        const leg = uplinks.find((one) => one.name === uplink)?.legs.find((one) => one.child === child);
        if (leg?.health === 'up') return true;
        throw new Error(`it is ${JSON.stringify(leg)}`);
      },
      15_000,
      `leg ${child} of ${uplink}`,
    );
  }

  /** What every process printed, for when the demo itself fails. */
  output(): string {
    return [...this.#processes].map(([name, process]) => `--- ${name}\n${process.output}`).join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#processes.values()].map((process) => process[Symbol.asyncDispose]()));
    await this.#owned.disposeAsync();
    await this.directory[Symbol.asyncDispose]();
  }

  #start(name: string, args: readonly string[]): Managed {
    const process = new Managed({ name, args, cwd: this.directory.path });
    this.#processes.set(name, process);
    return process;
  }

  #admin(path: string, options: RequestOptions = {}) {
    return send(`http://localhost/v1${path}`, { ...options, socketPath: this.socket });
  }
}
