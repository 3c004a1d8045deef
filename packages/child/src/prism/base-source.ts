/** Follows the base file: the last one without a mistake counts. */
import type { Clock } from '@ficus/common/clock.ts';
import { formatProblem } from '@ficus/common/config/problem.ts';
import { readText } from '@ficus/gateway/config/load-files.ts';
import { watchFile } from '../workloads/watch-file.ts';
import { type Base, decodeBase, emptyBase } from './base-file.ts';

/** Bytes; the decoder allows the same. */
const maxBytes = 4 * 1024 * 1024;

export class BaseSource {
  readonly #file: string | undefined;
  readonly #clock: Clock;
  readonly #onChange: () => void;
  #base: Base | undefined;
  #problem: string | undefined;
  #reading: Promise<void> = Promise.resolve();
  #stopWatch = (): void => {};
  #closed = false;

  constructor(file: string | undefined, clock: Clock, onChange: () => void) {
    this.#file = file;
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
      return;
    }
    const [first, ...more] = decoded.problems.map(formatProblem);
    this.#problem = more.length === 0 ? first : `${first} (and ${more.length} more)`;
  }
}
