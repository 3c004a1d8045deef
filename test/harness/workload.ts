/** Small workloads that say who they are, as processes of their own. */
import { fileURLToPath } from 'node:url';
import { freePort } from './ports.ts';
import { Managed } from './process.ts';
import { get } from './request.ts';

/** A workload that answers on 127.0.0.1. */
export interface WorkloadOptions {
  /** What it says in `x-served-by` and in its answers. */
  readonly name: string;
  /** Default: a free one. */
  readonly port?: number;
}

const program = fileURLToPath(new URL('./workload-main.ts', import.meta.url));

/** A started workload. */
export class WorkloadProcess implements AsyncDisposable {
  readonly name: string;
  readonly port: number;
  readonly url: string;
  process: Managed;

  constructor(name: string, port: number) {
    this.name = name;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.process = this.#spawn();
  }

  /** Resolves once it answers. */
  async ready(): Promise<this> {
    await this.process.until(
      async () => (await get(`${this.url}/`)).status === 200,
      `answers from ${this.name}`,
    );
    return this;
  }

  /** Copies of mirrored requests that it has got whole: how many by the SHA-256 (hex) of their bodies. */
  async copies(): Promise<Readonly<Record<string, number>>> {
    return JSON.parse((await get(`${this.url}/copies`)).body).copies;
  }

  /** Starts it again on the same port, after its end. */
  async restart(): Promise<void> {
    await this.process[Symbol.asyncDispose]();
    this.process = this.#spawn();
    await this.ready();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
  }

  #spawn(): Managed {
    return new Managed({ name: `workload ${this.name}`, args: [program, this.name, String(this.port)] });
  }
}

/** Starts a workload and waits until it answers. */
export async function startWorkload(options: WorkloadOptions): Promise<WorkloadProcess> {
  return new WorkloadProcess(options.name, options.port ?? (await freePort())).ready();
}
