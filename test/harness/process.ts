/** One real process: its log, its memory, and its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { eventually } from './eventually.ts';
import { keepLog } from './logs.ts';

export interface ProcessOptions {
  /** For messages and for the log's title. */
  readonly name: string;
  /** The program; default: this `node`. */
  readonly command?: string;
  /** The program's arguments. */
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Most of a log that is kept. */
const logLimit = 1_000_000;

/** Every process that is running, so that a test that is killed leaves none behind. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A started process. `await using` kills it. */
export class Managed implements AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  /** Resolves when it has ended and its output is complete. */
  readonly exited: Promise<Exit>;
  #child: ChildProcess;
  #output = '';
  #exit: Exit | undefined;

  constructor(options: ProcessOptions) {
    this.name = options.name;
    // Without the variables of the test runner, which would change what a child's node does.
    const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...env } = process.env;
    this.#child = spawn(options.command ?? process.execPath, [...options.args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    this.pid = this.#child.pid ?? -1;
    running.add(this.#child);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-logLimit);
      });
    }
    this.exited = once(this.#child, 'close').then(([code, signal]) => {
      running.delete(this.#child);
      this.#exit = { code, signal };
      return this.#exit;
    });
  }

  /** All that it printed, standard output and error in one. */
  get output(): string {
    return this.#output;
  }

  /** Undefined while it runs. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** Sends a signal; with one that ends it, `await p.exited` follows. */
  kill(signal: NodeJS.Signals = 'SIGTERM'): void {
    this.#child.kill(signal);
  }

  /** Ends it gracefully, and hard when it doesn't go within `deadlineMs`. */
  async stop(deadlineMs = 10_000): Promise<Exit> {
    if (this.#exit) return this.#exit;
    const hard = setTimeout(() => this.#child.kill('SIGKILL'), deadlineMs);
    this.kill('SIGTERM');
    // One that is stopped (SIGSTOP) gets the signal only when it goes on.
    this.kill('SIGCONT');
    const exit = await this.exited;
    clearTimeout(hard);
    return exit;
  }

  /** Waits for a text in its output; fails at once, with the output, when it ends before. */
  async printed(text: string, deadlineMs = 15_000): Promise<void> {
    await this.until(() => this.#output.includes(text), `"${text}" from ${this.name}`, deadlineMs);
  }

  /** Waits for `check`; fails at once, with the output, when the process ends before. */
  async until<T>(check: () => T | Promise<T>, what: string, deadlineMs = 15_000): Promise<void> {
    let ended = false;
    await eventually(
      async () => {
        if (this.#exit) {
          ended = true;
          return true;
        }
        return check();
      },
      deadlineMs,
      what,
    ).catch((error: unknown) => {
      throw new Error(`${error instanceof Error ? error.message : error}\n${this.#output.slice(-4000)}`);
    });
    if (ended) {
      throw new Error(
        `${this.name} ended with ${JSON.stringify(this.#exit)} before ${what}\n${this.#output.slice(-4000)}`,
      );
    }
  }

  /** Resident memory in MiB. */
  async rss(): Promise<number> {
    return rssOf(this.pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    keepLog(this.name, () => this.#output);
    if (this.#exit) return;
    // Processes that it started, such as one that renews a certificate, would go on writing to its directory.
    const started = await descendantsOf(this.pid);
    this.#child.kill('SIGKILL');
    for (const pid of started) killIfThere(pid);
    await this.exited;
  }
}

/** Resident memory of a process in MiB, as Linux counts it. */
export async function rssOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kib === undefined) throw new Error(`no VmRSS in /proc/${pid}/status`);
  return Number(kib) / 1024;
}

async function descendantsOf(pid: number): Promise<readonly number[]> {
  const children = await childrenOf(pid).catch(() => []);
  return [...children, ...(await Promise.all(children.map(descendantsOf))).flat()];
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended with its parent.
  }
}

/** Process ids of the children of a process. */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.trim().split(' ').filter(Boolean).map(Number);
}
