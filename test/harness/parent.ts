/** A real parent: `ficus parent` in a directory of its own, on free ports. */
import type { ParentStatus, UplinkStatus } from '@ficus/common/api/admin.ts';
import { TemporaryDirectory } from './directory.ts';
import { eventually } from './eventually.ts';
import { type CliResult, cliJson, runCli } from './ficus.ts';
import { NodeProcess } from './node-process.ts';
import { freePort } from './ports.ts';
import { childrenOf } from './process.ts';
import { get, type Reply, type RequestOptions, send } from './request.ts';

export interface ParentOptions {
  /** Dynamic configuration, as Traefik writes it; default: none. */
  readonly dynamic?: object;
  /** Keys that are added to, or replace, those of the static configuration. */
  readonly static?: object;
  /** False: a plain reverse proxy. Default true. */
  readonly mesh?: boolean;
  /** Worker processes; default 0: serves in the main process. */
  readonly workers?: number;
  /** Port of the public entrypoint; default: a free one. */
  readonly web?: number;
  /** Life of children's certificates. */
  readonly certificateTtl?: string;
}

/** Short, so that tests that stop a node don't wait; long enough for a client to notice. */
export const quickLifeCycle = { requestAcceptGraceTimeout: '300ms', graceTimeOut: '5s' };

/** A started parent. */
export class ParentProcess extends NodeProcess {
  /** The public entrypoint. */
  readonly port: number;
  readonly url: string;
  /** Where children join. */
  readonly joinPort: number;
  readonly mesh: boolean;

  constructor(directory: TemporaryDirectory, ports: { web: number; join: number }, mesh: boolean) {
    super('parent', 'parent', directory);
    this.port = ports.web;
    this.url = `http://127.0.0.1:${ports.web}`;
    this.joinPort = ports.join;
    this.mesh = mesh;
  }

  get socket(): string {
    return this.directory.file('state/admin.sock');
  }

  async ready(): Promise<void> {
    await this.process.until(
      async () => (await get(`${this.url}/`).catch(() => undefined)) !== undefined,
      'an answer of the public entrypoint',
    );
    // The other entrypoints are opened after the first one.
    await this.process.until(async () => this.process.output.includes('"msg":"serving"'), 'all entrypoints');
    if (this.mesh) await this.process.until(async () => (await this.status()) !== undefined, 'the admin API');
  }

  /** Replaces the dynamic configuration, which is watched. */
  async setDynamic(dynamic: object | string): Promise<void> {
    await this.directory.write('dynamic.yaml', dynamic);
  }

  /** `GET` through the public entrypoint. */
  get(path: string, headers: Record<string, string> = {}): Promise<Reply> {
    return get(`${this.url}${path}`, headers);
  }

  /** Runs `ficus … --json` against this parent and returns what it printed; throws when it failed. */
  json<T>(...args: readonly string[]): Promise<T> {
    return cliJson<T>([...args, '--socket', this.socket], { cwd: this.directory.path });
  }

  /** Runs `ficus …` against this parent. */
  cli(...args: readonly string[]): Promise<CliResult> {
    return runCli([...args, '--socket', this.socket], { cwd: this.directory.path });
  }

  /** `ficus cloud-init` for child `vm-1` with workload `orders`, which reaches this parent here. */
  cloudInit(...args: readonly string[]): Promise<CliResult> {
    const child = ['--child', 'vm-1', '--workloads', 'orders'];
    return this.cli('cloud-init', ...child, '--join-address', `127.0.0.1:${this.joinPort}`, ...args);
  }

  /** One request to the admin API over its socket, cheaper than a process. */
  async admin<T>(path: string, options: Omit<RequestOptions, 'socketPath'> = {}): Promise<T> {
    const reply = await send(`http://localhost/v1${path}`, { ...options, socketPath: this.socket });
    if (reply.status >= 400) throw new Error(`${path}: ${reply.status} ${reply.body}`);
    return JSON.parse(reply.body) as T;
  }

  status(): Promise<ParentStatus> {
    return this.admin<ParentStatus>('/status');
  }

  /** The uplink as the parent sees it now. */
  async uplink(name: string): Promise<UplinkStatus | undefined> {
    const { uplinks } = await this.admin<{ uplinks: UplinkStatus[] }>('/uplinks');
    return uplinks.find((one) => one.name === name);
  }

  /** Waits until a child's leg of an uplink is as `check` wants it. */
  async leg(
    uplink: string,
    child: string,
    check: (leg: UplinkStatus['legs'][number]) => boolean = (leg) => leg.health === 'up',
    deadlineMs = 10_000,
  ): Promise<void> {
    await eventually(
      async () => {
        const leg = (await this.uplink(uplink))?.legs.find((one) => one.child === child);
        if (leg !== undefined && check(leg)) return true;
        throw new Error(`it is ${JSON.stringify(leg)}`);
      },
      deadlineMs,
      `leg ${child} of ${uplink}`,
    );
  }

  /** Sets weights through the admin API: the quick way, for tests that are not about the command. */
  async setWeights(uplink: string, weights: Record<string, number>): Promise<void> {
    await this.admin(`/uplinks/${uplink}/weights`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ weights, reason: 'test' }),
    });
  }

  /** Process ids of its data-plane workers. */
  workers(): Promise<readonly number[]> {
    return childrenOf(this.process.pid);
  }
}

/** Writes a parent's configuration without starting it. */
export async function makeParent(options: ParentOptions = {}): Promise<ParentProcess> {
  const directory = await TemporaryDirectory.make('parent');
  const ports = { web: options.web ?? (await freePort()), join: await freePort() };
  const mesh = options.mesh ?? true;
  await directory.write('dynamic.yaml', options.dynamic ?? {});
  await directory.write('parent.yaml', {
    workers: options.workers ?? 0,
    entryPoints: {
      web: { address: `127.0.0.1:${ports.web}`, transport: { lifeCycle: quickLifeCycle } },
    },
    providers: { file: { filename: 'dynamic.yaml' }, ...(mesh ? { multicluster: {} } : {}) },
    ...(mesh
      ? {
          join: {
            address: `127.0.0.1:${ports.join}`,
            advertise: `https://127.0.0.1:${ports.join}`,
            ...(options.certificateTtl === undefined ? {} : { certificateTtl: options.certificateTtl }),
          },
        }
      : {}),
    log: { level: 'DEBUG', format: 'json' },
    ...options.static,
  });
  return new ParentProcess(directory, ports, mesh);
}

/** Starts a parent and waits until it serves. */
export async function startParent(options: ParentOptions = {}): Promise<ParentProcess> {
  const parent = await makeParent(options);
  try {
    return await parent.start();
  } catch (error) {
    await parent[Symbol.asyncDispose]();
    throw error;
  }
}
