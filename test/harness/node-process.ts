/** What a started parent and a started child have in common. */
import type { TemporaryDirectory } from './directory.ts';
import { ficusCommand } from './ficus.ts';
import { type Exit, Managed } from './process.ts';

/** A `ficus parent` or `ficus child` with its directory. `await using` kills it and removes everything. */
export abstract class NodeProcess implements AsyncDisposable {
  readonly name: string;
  readonly role: 'parent' | 'child';
  readonly directory: TemporaryDirectory;
  /** Environment beside this process's own; counts from the next start on. */
  env: Readonly<Record<string, string>> = {};
  #process: Managed | undefined;

  constructor(role: 'parent' | 'child', name: string, directory: TemporaryDirectory) {
    this.role = role;
    this.name = name;
    this.directory = directory;
  }

  /** Its static configuration file. */
  get configFile(): string {
    return this.directory.file(`${this.role}.yaml`);
  }

  /** The process that runs, or ran last. */
  get process(): Managed {
    if (this.#process === undefined) throw new Error(`${this.name} was never started`);
    return this.#process;
  }

  /** Starts the process; does not wait. */
  spawn(): Managed {
    this.#process = new Managed({
      name: `${this.role} ${this.name}`,
      ...ficusCommand([this.role, '--config', this.configFile]),
      cwd: this.directory.path,
      env: this.env,
    });
    return this.#process;
  }

  /** Starts it and waits until it serves. */
  async start(): Promise<this> {
    this.spawn();
    await this.ready();
    return this;
  }

  /** Waits until it serves. */
  abstract ready(): Promise<void>;

  /** Sends a signal. */
  kill(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** Ends it gracefully. */
  stop(): Promise<Exit> {
    return this.process.stop(20_000);
  }

  /** Ends it gracefully and starts it again. */
  async restart(): Promise<void> {
    await this.stop();
    await this.process[Symbol.asyncDispose]();
    await this.start();
  }

  /** Ends it with SIGKILL; resolves when it is gone. */
  async crash(): Promise<void> {
    this.kill('SIGKILL');
    await this.process.exited;
  }

  /** Resident memory of the main process in MiB. */
  rss(): Promise<number> {
    return this.process.rss();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
    await this.directory[Symbol.asyncDispose]();
  }
}
