/** What was found last, kept on disk: a child that starts while Prism Central is down serves from it. */
import { createHash } from 'node:crypto';
import { readdir, stat, unlink, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makePrivateDirectory, readFileCapped, writeFileAtomically } from '@ficus/common/atomic-file.ts';
import type { Log } from '@ficus/common/log.ts';
import { isExposedName } from '@ficus/common/names.ts';
import { isUsable } from './addresses.ts';
import { idOf } from './api/vm.ts';
import type { PrismConfig } from './config.ts';
import type { Machine } from './machine.ts';

/** Of the file; another one is not read. */
const format = 1;
const maxBytes = 32 * 1024 * 1024;
const maxMachines = 50_000;
/** What a process that was killed while it wrote has left. */
const leftOver = /^\.nutanixprismcentral\.json\.\d+\.[0-9a-f]{8}\.tmp$/;

export interface KeptAnswer {
  readonly machines: readonly Machine[];
  /** Of the last answer that confirmed it, milliseconds since the epoch. */
  readonly lastGoodAt: number;
}

export class Kept {
  readonly #path: string;
  readonly #log: Log;
  /** Of the settings that decide what is found: what others found is not taken up. */
  readonly #of: string;
  #writing = false;
  #failed = false;
  #text = '';
  #written: readonly Machine[] = [];

  constructor(stateDirectory: string, config: PrismConfig, log: Log) {
    this.#path = join(stateDirectory, 'providers', 'nutanixprismcentral.json');
    this.#log = log;
    const { endpoint, categoryKeys, allowedVpcs, allowedSubnets } = config;
    const settings = JSON.stringify([endpoint, categoryKeys, allowedVpcs, allowedSubnets]);
    this.#of = createHash('sha256').update(settings).digest('hex').slice(0, 32);
  }

  /** Undefined, and a warning where one is due, when there is none to be used. Never rejects. */
  async read(): Promise<KeptAnswer | undefined> {
    await this.#clear();
    try {
      const bytes = await readFileCapped(this.#path, maxBytes);
      if (bytes === undefined) return undefined;
      const text = bytes.toString('utf8');
      const value = JSON.parse(text) as Record<string, unknown>;
      if (value['format'] !== format || value['of'] !== this.#of) return undefined;
      const machines = keptMachines(value['machines']);
      this.#text = text;
      return { machines, lastGoodAt: Math.round((await stat(this.#path)).mtimeMs) };
    } catch (err) {
      this.#log.warn({ err, path: this.#path }, 'what Prism Central said last can’t be read');
      return undefined;
    }
  }

  async #clear(): Promise<void> {
    const directory = dirname(this.#path);
    const names = await readdir(directory).catch(() => []);
    for (const name of names) if (leftOver.test(name)) await unlink(join(directory, name)).catch(() => {});
  }

  /** Writes only when something has changed; else notes the time. Never rejects: without it all goes on. */
  async write(machines: readonly Machine[], now: number): Promise<void> {
    // One that hangs is not joined by others.
    if (this.#writing) return;
    this.#writing = true;
    try {
      // As a rule they are the same objects: no need to write down thousands to see that.
      const same = this.#text !== '' && areSame(machines, this.#written);
      const text = same ? this.#text : JSON.stringify({ format, of: this.#of, machines });
      this.#written = machines;
      if (text === this.#text) {
        await utimes(this.#path, now / 1000, now / 1000);
        return;
      }
      await makePrivateDirectory(dirname(this.#path));
      await writeFileAtomically(this.#path, text);
      this.#text = text;
      this.#failed = false;
    } catch (err) {
      this.#text = '';
      // Once for as long as it lasts: its log may be on the same full disk.
      if (!this.#failed) this.#log.warn({ err }, 'what Prism Central said can’t be kept for the next start');
      this.#failed = true;
    } finally {
      this.#writing = false;
    }
  }
}

function areSame(some: readonly Machine[], others: readonly Machine[]): boolean {
  return some.length === others.length && some.every((each, index) => each === others[index]);
}

/** Only what could have been written; throws when it is no list. Exported for its test. */
export function keptMachines(value: unknown): readonly Machine[] {
  if (!Array.isArray(value)) throw new TypeError('not what this version keeps');
  return value.slice(0, maxMachines).flatMap((each) => {
    const { id, name, services, address, port, weight } = (each ?? {}) as Record<string, unknown>;
    const known = idOf(id);
    if (known === undefined || typeof name !== 'string' || !Array.isArray(services)) return [];
    if (!services.every((one) => typeof one === 'string' && isExposedName(one))) return [];
    return [
      {
        id: known,
        name: name.slice(0, 256),
        services: services as readonly string[],
        ...(typeof address === 'string' && isUsable(address, true) ? { address } : {}),
        ...(inRange(port, 1, 65_535) ? { port } : {}),
        ...(inRange(weight, 0, 1000) ? { weight } : {}),
      },
    ];
  });
}

function inRange(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}
