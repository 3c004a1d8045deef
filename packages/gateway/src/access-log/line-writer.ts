/** Gathers lines and writes them in batches, off the event loop, to a file or to standard output. */
import { close, fstat, open, openSync, write } from 'node:fs';
import { promisify } from 'node:util';
import type { Clock } from '@ficus/common/clock.ts';
import { FicusError } from '@ficus/common/errors.ts';

/** A line waits this long for others. */
const batchMs = 100;
/** A batch of this size leaves at once. */
const batchLength = 65536;
/** A pipe keeps writes of several processes whole up to here (POSIX: PIPE_BUF). */
const pipeLength = 4096;
/** What a slow disk may hold back; lines beyond it are dropped. */
const mostPending = 4 * 1024 * 1024;
/** A full pipe is tried again after this. */
const againMs = 20;
/** How long the end waits for a disk that does not move. */
const closeMs = 2000;

const opened = promisify(open);
const closed = promisify(close);
const stated = promisify(fstat);
const written = promisify(write) as (fd: number, data: Buffer) => Promise<{ bytesWritten: number }>;

export interface LineWriterOptions {
  /** Absolute; '' is standard output. */
  readonly filePath: string;
  readonly clock: Clock;
  /** Lines were dropped; told at most once a second. */
  readonly onDropped: (lines: number, why: string) => void;
}

export class LineWriter {
  readonly #options: LineWriterOptions;
  /** Whole lines, each batch of about `#most`. */
  #batches: string[] = [];
  #batch = '';
  #pending = 0;
  #fd: number;
  #most = batchLength;
  #kindKnown = false;
  #cancel: (() => void) | undefined;
  #writing: Promise<void> | undefined;
  #reopen = false;
  #dropped = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  /** Throws `access-log.unwritable` when the file can't be opened. */
  constructor(options: LineWriterOptions) {
    this.#options = options;
    this.#fd = openLog(options.filePath);
  }

  /** Takes a line of ASCII that ends with a line feed. Never waits. */
  line(line: string): void {
    if (this.#pending + line.length > mostPending) {
      this.#drop(1, 'the disk or the reader is too slow');
      return;
    }
    if (this.#batch !== '' && this.#batch.length + line.length > this.#most) this.#cut();
    this.#batch += line;
    this.#pending += line.length;
    if (this.#writing !== undefined) return;
    if (this.#pending >= batchLength) this.#start();
    else this.#cancel ??= this.#options.clock.after(batchMs, () => this.#start());
  }

  /** Opens the file anew before the next batch: the old one was renamed. Nothing for standard output. */
  reopen(): void {
    if (this.#options.filePath === '') return;
    this.#reopen = true;
    if (this.#writing === undefined) this.#start();
  }

  /** Resolves when what was gathered is written, or after two seconds. No line may follow. */
  async close(): Promise<void> {
    if (this.#writing === undefined) this.#start();
    let cancel = () => {};
    const late = new Promise<void>((resolve) => {
      cancel = this.#options.clock.after(closeMs, resolve);
    });
    await Promise.race([this.#writing, late]);
    cancel();
    // With a write still under way the number must not be given to another file.
    if (this.#writing === undefined && this.#options.filePath !== '') await closed(this.#fd).catch(() => {});
  }

  #cut(): void {
    this.#batches.push(this.#batch);
    this.#batch = '';
  }

  #start(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#writing = this.#drain().finally(() => {
      this.#writing = undefined;
      // A line that came between the last look and now.
      if (this.#pending > 0) this.#start();
    });
  }

  async #drain(): Promise<void> {
    if (!this.#kindKnown) await this.#learnKind();
    for (;;) {
      if (this.#reopen) await this.#openAnew();
      if (this.#batches.length === 0 && this.#batch !== '') this.#cut();
      const batch = this.#batches.shift();
      if (batch === undefined) return;
      await this.#write(batch);
      this.#pending -= batch.length;
    }
  }

  async #write(batch: string): Promise<void> {
    let bytes = Buffer.from(batch, 'latin1');
    while (bytes.length > 0) {
      try {
        bytes = bytes.subarray((await written(this.#fd, bytes)).bytesWritten);
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? 'error';
        if (code !== 'EAGAIN') {
          this.#drop(bytes.toString('latin1').split('\n').length - 1, code);
          return;
        }
        await new Promise<void>((resolve) => this.#options.clock.after(againMs, resolve));
      }
    }
  }

  async #learnKind(): Promise<void> {
    this.#kindKnown = true;
    const isFile = await stated(this.#fd).then(
      (stat) => stat.isFile(),
      () => false,
    );
    if (!isFile) this.#most = pipeLength;
  }

  async #openAnew(): Promise<void> {
    this.#reopen = false;
    try {
      const next = await opened(this.#options.filePath, 'a', 0o640);
      const before = this.#fd;
      this.#fd = next;
      await closed(before);
    } catch (error) {
      // The old file goes on being written: better there than nowhere.
      this.#drop(0, `cannot reopen: ${(error as NodeJS.ErrnoException).code}`);
    }
  }

  #drop(lines: number, why: string): void {
    this.#dropped += lines;
    const now = this.#options.clock.monotonic();
    if (now - this.#toldAt < 1000) return;
    this.#toldAt = now;
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#options.onDropped(dropped, why);
  }
}

/** Tries whether the log can be written, so that a mistake ends the start and not the first request. */
export function openLog(filePath: string): number {
  if (filePath === '') return 1;
  try {
    return openSync(filePath, 'a', 0o640);
  } catch (error) {
    throw new FicusError(
      'access-log.unwritable',
      `accessLog.filePath: cannot write ${filePath} (${(error as NodeJS.ErrnoException).code})`,
      { remedy: 'make its folder and let the user of this process write there, or leave filePath out' },
    );
  }
}
