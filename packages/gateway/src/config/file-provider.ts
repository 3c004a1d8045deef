/** Keeps dynamic configuration in step with the files it comes from. */
import { type FSWatcher, watch } from 'node:fs';
import type { Clock } from '@ficus/common/clock.ts';
import type { ConfigProblem } from '@ficus/common/config/problem.ts';
import type { DynamicSource } from '../model/resolve-input.ts';
import { type Accepted, accept, followHeld, type HeldFile, mixFiles } from './hold-files.ts';
import { type Decoders, type FileReading, readFileProvider, statSignature } from './read-files.ts';
import type { FileProviderConfig } from './static.ts';

/** Quiet time after a change before it is read, so that a file is not read half written. */
const quietMs = 25;
/** Changes that never pause are read after this all the same. */
const patienceMs = 150;
/** File systems and mounts that report no changes are looked at this often. */
const pollMs = 1000;

export interface FileProviderOptions {
  readonly config: FileProviderConfig;
  readonly clock: Clock;
  /** The content changed. Takes it up and returns nothing, or returns what is wrong with it and leaves it. */
  readonly onChange: (source: DynamicSource) => readonly ConfigProblem[];
  /**
   * Files are bad; an empty list once they are mended. Those that are `held` count as they last did, or are left out,
   * and the others are taken up; when none is, nothing is taken up and the last good content still counts.
   */
  readonly onProblems: (problems: readonly ConfigProblem[], held: readonly HeldFile[]) => void;
}

/**
 * `start` reads the files and, unless `watch: false`, follows them from then on: writes, atomic renames, swapped
 * symbolic links (Kubernetes' `..data`), folders that vanish and come back, and the certificates they name.
 */
export class FileProvider {
  readonly #options: FileProviderOptions;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #decoders: Decoders = new Map();
  #last: FileReading | undefined;
  /** Fingerprint of the content that counts; none before the first that was wholly good. */
  #good: string | undefined;
  #accepted: Accepted | undefined;
  #held: readonly HeldFile[] = [];
  /** Of the newest reading, and of what the held files name. */
  #fingerprint: string | undefined;
  /** The fingerprint that was reported. */
  #reported: string | undefined;
  #trouble: string | undefined;
  #signature = '';
  #closed = false;
  #reading = false;
  #again = false;
  #insist = false;
  #firstChangeAt: number | undefined;
  #cancelRead: () => void = () => {};
  #cancelPoll: () => void = () => {};

  constructor(options: FileProviderOptions) {
    this.#options = options;
  }

  /** The first reading, given back rather than to the callbacks. Who takes it up says so: `took`. */
  async start(): Promise<FileReading> {
    const follow = this.#options.config.watch ?? true;
    const reading = await this.#read();
    this.#reported = this.#fingerprint;
    if (follow && !this.#closed) {
      this.#watch(reading.folders);
      this.#poll();
    }
    return reading;
  }

  /** The first reading was taken up without a mistake: a bad file holds only itself from now on. */
  took(first: FileReading): void {
    if (this.#good === undefined && first.source !== undefined) this.#take(first, first.source);
  }

  /** What a mistake depends on changed elsewhere: if files are refused, they are offered once more. */
  again(): void {
    if (this.#last === undefined || this.#last.content === this.#good) return;
    if (!(this.#options.config.watch ?? true)) return;
    this.#insist = true;
    this.#changed();
  }

  close(): void {
    this.#closed = true;
    this.#cancelRead();
    this.#cancelPoll();
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  async #read(): Promise<FileReading> {
    const before = this.#last === undefined ? undefined : await statSignature(pathsOf(this.#last));
    const reading = await readFileProvider(this.#options.config, this.#decoders, this.#accepted?.entries);
    await this.#follow(reading, before);
    return reading;
  }

  async #follow(plain: FileReading, before?: string): Promise<void> {
    const reading = await this.#withHeld(plain);
    // Taken before the read when we know the paths: a write in between then shows at the next poll.
    const same = this.#last !== undefined && samePaths(this.#last, reading);
    this.#signature = same && before !== undefined ? before : await statSignature(pathsOf(reading));
    this.#last = reading;
    this.#fingerprint = reading.fingerprint;
  }

  /** What held files name is followed too, for it counts. */
  async #withHeld(reading: FileReading): Promise<FileReading> {
    if (this.#held.length === 0 || this.#accepted === undefined) return reading;
    const { fingerprint, files, folders } = await followHeld(this.#held, this.#accepted);
    return {
      ...reading,
      fingerprint: `${reading.fingerprint} ${fingerprint}`,
      files: [...new Set([...reading.files, ...files])],
      folders: [...new Set([...reading.folders, ...folders])],
    };
  }

  #changed(): void {
    if (this.#closed) return;
    const now = this.#options.clock.monotonic();
    this.#firstChangeAt ??= now;
    const wait = Math.max(0, Math.min(quietMs, this.#firstChangeAt + patienceMs - now));
    this.#cancelRead();
    this.#cancelRead = this.#options.clock.after(wait, () => void this.#reload());
  }

  async #reload(): Promise<void> {
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#reading = true;
    this.#firstChangeAt = undefined;
    try {
      const reading = await this.#read();
      if (this.#closed) return;
      this.#watch(this.#last?.folders ?? []);
      const insist = this.#insist || this.#trouble !== undefined;
      if (!insist && this.#fingerprint === this.#reported) return;
      this.#insist = false;
      await this.#report(reading);
      if (!this.#closed) this.#watch(this.#last?.folders ?? []);
    } catch (error) {
      this.#failed(error as Error);
    } finally {
      this.#reading = false;
      if (this.#again && !this.#closed) {
        this.#again = false;
        this.#changed();
      }
    }
  }

  async #report(reading: FileReading): Promise<void> {
    const { config, onChange, onProblems } = this.#options;
    const { source } = reading;
    const mistakes =
      source === undefined ? reading.problems : reading.content === this.#good ? [] : onChange(source);
    if (mistakes.length === 0 && source !== undefined) {
      this.#take(reading, source);
      this.#held = [];
      onProblems([], []);
    } else {
      const accepted = config.directory === undefined ? undefined : this.#accepted;
      const mixture =
        accepted &&
        (await mixFiles({
          ...{ entries: reading.entries, accepted, mistakes },
          offer: ({ content, source }) => (this.#closed || content === this.#good ? [] : onChange(source)),
        }));
      if (this.#closed) return;
      if (mixture !== undefined) {
        this.#take(
          { entries: mixture.entries, content: mixture.assembled.content },
          mixture.assembled.source,
        );
      }
      this.#held = mixture?.held ?? [];
      onProblems([...mistakes, ...(mixture?.problems ?? [])], this.#held);
    }
    await this.#follow(reading, this.#signature);
    this.#reported = this.#fingerprint;
    this.#trouble = undefined;
  }

  #take({ entries, content }: Pick<FileReading, 'entries' | 'content'>, source: DynamicSource): void {
    this.#good = content;
    this.#accepted = accept(entries, source);
  }

  /** Whatever went wrong, on our side or the listener's, is told once and tried again at the next poll. */
  #failed({ message }: Error): void {
    this.#signature = '';
    if (this.#closed || this.#trouble === message) return;
    this.#trouble = message;
    const { filename, directory } = this.#options.config;
    const file = filename ?? directory ?? '';
    try {
      this.#options.onProblems(
        [{ file, line: 1, column: 1, path: [], message: `not taken up: ${message}` }],
        [],
      );
    } catch {
      // Who can't take a problem either is beyond telling; the next poll tries again.
    }
  }

  /** Watches these folders and no others. One that isn't there now is taken up when a poll sees it. */
  #watch(folders: readonly string[]): void {
    for (const [folder, watcher] of this.#watchers) {
      if (folders.includes(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of folders) {
      if (!this.#watchers.has(folder)) this.#watchOne(folder);
    }
  }

  #watchOne(folder: string): void {
    const forget = () => {
      this.#watchers.get(folder)?.close();
      this.#watchers.delete(folder);
    };
    try {
      const watcher = watch(folder, { persistent: false }, (event, name) => {
        // A folder that was itself removed or renamed tells of its own name, and then of nothing any more.
        if (event === 'rename' && name !== null && folder.endsWith(`/${name}`)) forget();
        this.#changed();
      });
      watcher.on('error', () => {
        forget();
        this.#changed();
      });
      this.#watchers.set(folder, watcher);
    } catch {
      // Not there, or out of watches: the poll sees to it.
    }
  }

  #poll(): void {
    this.#cancelPoll = this.#options.clock.after(pollMs, () => void this.#look());
  }

  async #look(): Promise<void> {
    const last = this.#last;
    if (last !== undefined && !this.#reading) {
      try {
        const signature = await statSignature(pathsOf(last));
        if (this.#closed) return;
        if (signature !== this.#signature) this.#changed();
        else this.#watch(last.folders);
      } catch (error) {
        this.#failed(error as Error);
      }
    }
    if (!this.#closed) this.#poll();
  }
}

function pathsOf(reading: FileReading): readonly string[] {
  return [...reading.files, ...reading.folders];
}

function samePaths(a: FileReading, b: FileReading): boolean {
  return JSON.stringify(pathsOf(a)) === JSON.stringify(pathsOf(b));
}
