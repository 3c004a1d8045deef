/** Owns what a run leaves on the machine: one temporary directory and the processes it started. */

import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { BenchError } from './bench-error.ts';

/** How long a process gets to end by itself after SIGTERM, milliseconds. */
const STOP_DEADLINE_MS = 2_000;
/** How much of a process's output is kept for its error message, characters. */
const OUTPUT_CAP = 1 << 20;

/** What a started process needs besides its command. */
export interface StartOptions {
  /** The core it is pinned to, or several as `taskset` lists them. */
  readonly core: number | string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A process of ours. */
export interface Started {
  readonly pid: number;
  /** The last part of what it wrote to standard output and standard error. */
  output(): { readonly stdout: string; readonly stderr: string };
  /** Exit code (or 128 when a signal ended it) once it has ended and its output is read. */
  readonly ended: Promise<number>;
  hasEnded(): boolean;
  /** SIGTERM, then after a deadline SIGKILL, to it and what it started. */
  stop(): Promise<void>;
}

/** Temporary directory and processes of one run. All are gone when the bench's process is, Ctrl-C included. */
export class Sandbox {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'ficus-bench-'));
  readonly #running = new Set<ChildProcess>();

  constructor() {
    process.once('exit', () => this.#clear());
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => process.exit(signal === 'SIGINT' ? 130 : 143));
    }
  }

  /** Makes a new directory, for one process or one purpose. */
  folder(name: string): string {
    return mkdtempSync(join(this.directory, `${name}-`));
  }

  /** Writes a file readable by its owner only and returns its path. */
  file(folder: string, name: string, content: string | Uint8Array): string {
    const path = join(folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }

  /** Starts a command pinned to one core. */
  start(command: string, args: readonly string[], options: StartOptions): Started {
    // taskset replaces itself with the command, so the pid is the command's. A session of its own keeps a
    // terminal's Ctrl-C from reaching it before us.
    const child = spawn('taskset', ['-c', String(options.core), command, ...args], {
      cwd: this.directory,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    child.on('error', () => {}); // said below, where the pid is missing
    if (child.pid === undefined) {
      throw new BenchError('taskset could not be started', 'apt-get install util-linux');
    }
    this.#running.add(child);
    const text = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        text[name] = (text[name] + chunk).slice(-OUTPUT_CAP);
      });
    }
    const { promise, resolve } = Promise.withResolvers<number>();
    child.once('close', (code) => {
      this.#running.delete(child);
      resolve(code ?? 128);
    });
    return {
      pid: child.pid,
      output: () => ({ ...text }),
      ended: promise,
      hasEnded: () => hasEnded(child),
      stop: () => stop(child, promise),
    };
  }

  /** Runs a command to its end and returns its standard output; throws a BenchError unless it exits with 0. */
  async run(command: string, args: readonly string[], options: StartOptions): Promise<string> {
    const started = this.start(command, args, options);
    const code = await started.ended;
    const { stdout, stderr } = started.output();
    if (code !== 0) {
      throw new BenchError(`${command} ${args[0] ?? ''} ended with ${code}: ${tail(stderr || stdout)}`);
    }
    return stdout;
  }

  #clear(): void {
    for (const child of this.#running) killGroup(child);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The last few lines of a process's output, for an error message. */
export function tail(output: string): string {
  return output.trim().split('\n').slice(-5).join('\n');
}

/** The path of a command, looked for on PATH and in the folders that root's PATH has; undefined when absent. */
export function findCommand(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/sbin'];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (hasEnded(child)) killGroup(child);
  const deadline = setTimeout(() => killGroup(child), STOP_DEADLINE_MS);
  child.kill('SIGTERM');
  await ended;
  clearTimeout(deadline);
}

/** Ends the process and whatever it started: each of ours leads a process group of its own. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // all of it has ended
  }
}
