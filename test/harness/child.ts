/** A real child: joins a parent with a token and runs `ficus child`. */
import { connect } from 'node:net';
import type { ChildStatus, CreatedToken } from '@ficus/common/api/admin.ts';
import { TemporaryDirectory } from './directory.ts';
import { cliJson } from './ficus.ts';
import { NodeProcess } from './node-process.ts';
import { type ParentProcess, quickLifeCycle } from './parent.ts';
import { freePort } from './ports.ts';

/** A workload as `http.services` has it, with the uplink's own keys. */
export interface WorkloadConfig {
  readonly url: string;
  /** Hint; default: the child's own, 1. */
  readonly weight?: number;
  readonly healthCheck?: object;
  /** How it is dialled: a `serversTransport` of its own. */
  readonly transport?: object;
}

export interface ChildOptions {
  readonly parent: ParentProcess;
  readonly name: string;
  /** Exposed name → workload. Default: none yet. */
  readonly workloads?: Readonly<Record<string, WorkloadConfig>>;
  /** Globs the token grants. Default: every name. */
  readonly grants?: string;
  /** Keys that are added to, or replace, those of the static configuration; from its uplink entrypoint's port if they need it. */
  readonly static?: object | ((port: number) => object);
  /** Keys added to its uplink entrypoint. */
  readonly entryPoint?: object;
  readonly env?: Readonly<Record<string, string>>;
}

/** A started child. */
export class ChildProcess extends NodeProcess {
  readonly parent: ParentProcess;
  /** Its uplink entrypoint. */
  readonly port: number;

  constructor(parent: ParentProcess, name: string, directory: TemporaryDirectory, port: number) {
    super('child', name, directory);
    this.parent = parent;
    this.port = port;
  }

  /** Its uplink entrypoint accepts, and the parent, if it runs, is connected. */
  async ready(): Promise<void> {
    await this.process.until(() => accepts(this.port), 'the uplink entrypoint');
    if (this.parent.process.exit !== undefined) return;
    await this.process.until(() => this.connected(), `the parent to be connected to ${this.name}`);
  }

  /** Whether the parent's watch of it is alive. */
  async connected(): Promise<boolean> {
    const { children } = await this.parent.admin<{ children: ChildStatus[] }>('/children');
    return children.find((one) => one.name === this.name)?.state === 'connected';
  }

  /** Replaces its workloads, which are watched. */
  async setWorkloads(workloads: Readonly<Record<string, WorkloadConfig>>): Promise<void> {
    await this.directory.write('workloads.yaml', workloadsAsDynamic(workloads));
  }

  /** Creates a token for it and joins, both with the command. */
  async join(grants = '*'): Promise<void> {
    const token = await this.parent.json<CreatedToken>(
      'token',
      'create',
      '--child',
      this.name,
      '--workloads',
      grants,
    );
    await cliJson(
      [
        'join',
        `https://127.0.0.1:${this.parent.joinPort}`,
        '--ca-pin',
        token.caPin,
        '--address',
        `127.0.0.1:${this.port}`,
        '--state-directory',
        this.directory.file('state'),
      ],
      { input: token.token },
    );
  }
}

/** The dynamic configuration, in Traefik's long form, that exposes these workloads. */
export function workloadsAsDynamic(workloads: Readonly<Record<string, WorkloadConfig>>): object {
  const each = (value: (name: string, workload: WorkloadConfig) => object) =>
    Object.fromEntries(Object.entries(workloads).map(([name, workload]) => [name, value(name, workload)]));
  if (Object.keys(workloads).length === 0) return {};
  const dialled = Object.entries(workloads).filter(([, workload]) => workload.transport !== undefined);
  return {
    http: {
      ...(dialled.length === 0
        ? {}
        : {
            serversTransports: Object.fromEntries(
              dialled.map(([name, workload]) => [name, workload.transport]),
            ),
          }),
      routers: each((name) => ({ rule: 'PathPrefix(`/`)', service: name, uplinks: [name] })),
      services: each((name, workload) => ({
        loadBalancer: {
          servers: [{ url: workload.url }],
          ...(workload.transport === undefined ? {} : { serversTransport: name }),
          ...(workload.healthCheck === undefined ? {} : { healthCheck: workload.healthCheck }),
        },
      })),
      uplinks: each((name, workload) => ({
        exposeName: name,
        ...(workload.weight === undefined ? {} : { weight: workload.weight }),
        ...(workload.healthCheck === undefined ? {} : { healthCheck: workload.healthCheck }),
      })),
    },
  };
}

/** Writes a child's configuration without joining or starting it. */
export async function makeChild(options: ChildOptions): Promise<ChildProcess> {
  const directory = await TemporaryDirectory.make(options.name);
  const port = await freePort();
  await directory.write('workloads.yaml', workloadsAsDynamic(options.workloads ?? {}));
  await directory.write('child.yaml', {
    uplinkEntryPoints: {
      uplink: {
        address: `127.0.0.1:${port}`,
        transport: { lifeCycle: quickLifeCycle },
        ...options.entryPoint,
      },
    },
    providers: { file: { filename: 'workloads.yaml' } },
    log: { level: 'DEBUG', format: 'json' },
    ...(typeof options.static === 'function' ? options.static(port) : options.static),
  });
  const child = new ChildProcess(options.parent, options.name, directory, port);
  child.env = options.env ?? {};
  return child;
}

/** Makes a token, joins, starts the child, and waits until the parent is connected to it. */
export async function startChild(options: ChildOptions): Promise<ChildProcess> {
  const child = await makeChild(options);
  try {
    await child.join(options.grants);
    return await child.start();
  } catch (error) {
    await child[Symbol.asyncDispose]();
    throw error;
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
