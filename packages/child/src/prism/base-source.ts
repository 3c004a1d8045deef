/** Follows the base file: the last one without a mistake counts. */
import { dirname } from 'node:path';
import { makePrivateDirectory, writeFileAtomically } from '@ficus/common/atomic-file.ts';
import type { Clock } from '@ficus/common/clock.ts';
import { formatProblem } from '@ficus/common/config/problem.ts';
import { readText } from '@ficus/gateway/config/load-files.ts';
import { watchFile } from '../workloads/watch-file.ts';
import { type Base, decodeBase, emptyBase } from './base-file.ts';

/** Bytes; the decoder allows the same. */
const maxBytes = 4 * 1024 * 1024;

export class BaseSource {
  readonly #file: string | undefined;
  readonly #kept: string;
  #keptText = '';
  readonly #clock: Clock;
  readonly #onChange: () => void;
  #base: Base | undefined;
  #problem: string | undefined;
  #reading: Promise<void> = Promise.resolve();
  #stopWatch = (): void => {};
  #closed = false;

  /** `kept`: where the last good one is kept for the next start. */
  constructor(file: string | undefined, kept: string, clock: Clock, onChange: () => void) {
    this.#file = file;
    this.#kept = kept;
    this.#clock = clock;
    this.#onChange = onChange;
    if (file === undefined) this.#base = emptyBase;
  }

  /** Undefined while there was none that can be used. */
  get base(): Base | undefined {
    return this.#base;
  }

  /** What is wrong with the file as it is now, with its place. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Reads it once and follows it from then on. Never rejects. */
  async start(): Promise<void> {
    if (this.#file === undefined) return;
    this.#stopWatch = watchFile(this.#file, this.#clock, () => {
      this.#reading = this.#reading.then(async () => {
        const before = JSON.stringify([this.#base, this.#problem]);
        await this.#read(this.#file as string);
        if (!this.#closed && JSON.stringify([this.#base, this.#problem]) !== before) this.#onChange();
      });
    });
    await this.#read(this.#file);
    if (this.#base === undefined) await this.#readKept();
  }

  close(): void {
    this.#closed = true;
    this.#stopWatch();
  }

  async #read(file: string): Promise<void> {
    const read = await readText(file, maxBytes);
    if (!read.ok) {
      this.#problem = `${file}: the base file can't be read: ${read.reason}`;
      return;
    }
    const decoded = decodeBase(read.text, file);
    if (decoded.ok) {
      this.#base = decoded.value;
      this.#problem = undefined;
      await this.#keep(read.text);
      return;
    }
    const [first, ...more] = decoded.problems.map(formatProblem);
    this.#problem = more.length === 0 ? first : `${first} (and ${more.length} more)`;
  }

  /** A slip in the file must not empty a child that is started again. */
  async #readKept(): Promise<void> {
    const read = await readText(this.#kept, maxBytes);
    const decoded = read.ok ? decodeBase(read.text, this.#kept) : undefined;
    if (decoded?.ok) this.#base = decoded.value;
  }

  /** Without it all goes on; only a restart with a broken file would miss it. */
  async #keep(text: string): Promise<void> {
    if (text === this.#keptText) return;
    try {
      await makePrivateDirectory(dirname(this.#kept));
      await writeFileAtomically(this.#kept, text);
      this.#keptText = text;
    } catch {
      // The disk is told of by what keeps the machines.
    }
  }
}
