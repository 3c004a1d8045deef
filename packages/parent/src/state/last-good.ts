/** What the parent last knew and what worked, on disk: it starts and serves from this with every control path down. */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readFileCapped, writeFileAtomically } from '@ficus/common/atomic-file.ts';
import type { Clock } from '@ficus/common/clock.ts';
import type { LogLine } from '@ficus/common/log.ts';
import { isNodeName } from '@ficus/common/names.ts';
import type { Advertisement } from '@ficus/common/uplink/advertisement.ts';
import { decodeAdvertisement } from '@ficus/common/uplink/decode-advertisement.ts';

const mostBytes = 256 * 1024 * 1024;
/** Changes within this long are written once. Milliseconds. */
const gatherMs = 100;
const format = 1;

/** What was known of one child. */
export interface RememberedChild {
  readonly advertisement: Advertisement;
  readonly addresses: readonly string[];
}

/** One file with one JSON value, replaced atomically, mode 0600; writes are gathered. */
export class StateFile {
  readonly path: string;
  readonly #clock: Clock;
  readonly #log: LogLine;
  #pending: (() => unknown) | undefined;
  #cancel: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();
  #complained = false;

  constructor(directory: string, name: string, clock: Clock, log: LogLine) {
    this.path = join(directory, name);
    this.#clock = clock;
    this.#log = log;
  }

  /** The value, or undefined when there is none or it can't be read (said in the log: it is not fatal). */
  async read(): Promise<unknown> {
    try {
      const bytes = await readFileCapped(this.path, mostBytes);
      if (bytes === undefined) return undefined;
      const { format: found, value } = JSON.parse(bytes.toString()) as { format?: unknown; value?: unknown };
      if (found === format) return value;
      this.#log('warn', 'last good state of another version ignored', { file: this.path });
    } catch (error) {
      this.#log('warn', 'last good state unreadable, starting without', { file: this.path, error });
    }
    return undefined;
  }

  /** Writes soon; `value` is asked for at that moment. */
  save(value: () => unknown): void {
    this.#pending = value;
    this.#cancel ??= this.#clock.after(gatherMs, () => void this.flush());
  }

  /** Writes what waits. Never rejects: what can't be written is said once. */
  flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    const value = this.#pending;
    this.#pending = undefined;
    if (value !== undefined) this.#writing = this.#writing.then(() => this.#write(value()));
    return this.#writing;
  }

  async #write(value: unknown): Promise<void> {
    try {
      await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
      await writeFileAtomically(this.path, JSON.stringify({ format, value }));
      this.#complained = false;
    } catch (error) {
      if (!this.#complained)
        this.#log('warn', 'last good state could not be written', { file: this.path, error });
      this.#complained = true;
    }
  }
}

/** Children from `last-good-children.json`; whatever is not sound is left out. */
export function decodeRemembered(value: unknown): ReadonlyMap<string, RememberedChild> {
  const remembered = new Map<string, RememberedChild>();
  if (!Array.isArray(value)) return remembered;
  for (const item of value as readonly unknown[]) {
    const { advertisement, addresses } = (item ?? {}) as Record<string, unknown>;
    // The same decoder as for the wire: a file is outside bytes, too.
    const decoded = decodeAdvertisement(JSON.stringify(advertisement ?? null));
    if (!decoded.accepted || !isNodeName(decoded.advertisement.child) || !Array.isArray(addresses)) continue;
    remembered.set(decoded.advertisement.child, {
      // A child that was leaving when the parent stopped may be back.
      advertisement: { ...decoded.advertisement, draining: false },
      addresses: addresses.filter((address): address is string => typeof address === 'string').slice(0, 16),
    });
  }
  return remembered;
}
