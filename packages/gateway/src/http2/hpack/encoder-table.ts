/** What an encoder remembers: the dynamic table (RFC 7541 §2.3.2) and, by name, where in it each value stands. */
import { credentials } from './credentials.ts';
import { entryOverhead, internalised, staticIndexes, staticNames, staticValues } from './static-table.ts';

/** How the values of a name are written. */
export const policies = {
  /** Into the table when seen before. */
  index: 0,
  /** Into the table when the same twice in a row: lengths that vary would only push others out. */
  repeat: 1,
  /** Never into the table: hardly two requests have the same. */
  plain: 2,
  /** Never into any table, here or further on (§6.2.3, §7.1.3). */
  never: 3,
} as const;

/** What is known of one name. */
export interface NameMemory {
  readonly name: string;
  /** Index in the static table; 0: none. */
  readonly staticIndex: number;
  readonly policy: number;
  /** Values of the static table, as negative indexes. */
  readonly statics: ReadonlyMap<string, number> | undefined;
  /** The value written last that stands in a table, and its id; 0: none. */
  last: string;
  lastId: number;
  /** Ids by value of the entries in the dynamic table. */
  readonly live: Map<string, number>;
  /** Literals written while the name was in no table. */
  misses: number;
  /** Hashes of the values seen last that are in no table: no strings, which might hold whole heads alive. */
  seen0: number;
  seen1: number;
  seen2: number;
  seen3: number;
}

/** Names with no entry in the table that are remembered. */
const idleNames = 128;
/** Longer names are rare, and not remembered. */
const longestName = 64;
/** Places of a block whose names are remembered; a power of two. */
const recentFields = 32;
const firstCapacity = 16;

const policyOf: ReadonlyMap<string, number> = new Map([
  [':path', policies.plain],
  ['content-length', policies.repeat],
  ...[...credentials].map((name): [string, number] => [name, policies.never]),
]);

/** Names whose static entries have values, with those values. */
const staticsOf = new Map<string, Map<string, number>>();
for (let i = 1; i < staticNames.length; i++) {
  const value = staticValues[i] as string;
  if (value === '') continue;
  const name = staticNames[i] as string;
  const values = staticsOf.get(name) ?? new Map<string, number>();
  staticsOf.set(name, values.set(value, -i));
}

export class EncoderTable {
  readonly #names = new Map<string, NameMemory>();
  /** By place in the block: mostly the next block has the same names in the same order, and the map is not asked. */
  readonly #recent: (NameMemory | undefined)[] = new Array(recentFields).fill(undefined);
  #place = 0;
  /** Entries are numbered from 1 on as they come; this is the newest's. */
  newest = 0;
  count = 0;
  bytes = 0;
  maxBytes: number;
  /** By id, modulo a power of two. */
  #owners: (NameMemory | undefined)[] = new Array(firstCapacity).fill(undefined);
  #values: string[] = new Array(firstCapacity).fill('');
  #mask = firstCapacity - 1;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** What is known of a name; of a new one nothing yet. */
  memoryOf(name: string): NameMemory {
    const place = this.#place++ & (recentFields - 1);
    const recent = this.#recent[place];
    if (recent !== undefined && recent.name === name) return recent;
    const known = this.#names.get(name) ?? this.#learn(name);
    if (name.length <= longestName) this.#recent[place] = known;
    return known;
  }

  /** A block begins. */
  rewind(): void {
    this.#place = 0;
  }

  #learn(text: string): NameMemory {
    // Its own string: the caller's may be a slice that holds a whole head alive.
    const name = internalised(text);
    const made: NameMemory = {
      name,
      staticIndex: staticIndexes.get(name) ?? 0,
      policy: policyOf.get(name) ?? policies.index,
      statics: staticsOf.get(name),
      last: '',
      lastId: 0,
      live: new Map(),
      misses: 0,
      seen0: -1,
      seen1: -1,
      seen2: -1,
      seen3: -1,
    };
    if (made.policy === policies.plain) {
      made.last = '/';
      made.lastId = made.statics?.get('/') ?? 0;
    }
    if (name.length <= longestName) {
      if (this.#names.size >= idleNames + this.count) this.#forget();
      this.#names.set(name, made);
    }
    return made;
  }

  /** The table's own string of an entry. */
  valueOf(id: number): string {
    return (id < 0 ? staticValues[-id] : this.#values[id & this.#mask]) as string;
  }

  /** Puts an entry in front that the caller knows to fit, and throws the oldest out until it does. */
  insert(memory: NameMemory, value: string): void {
    const size = memory.name.length + value.length + entryOverhead;
    this.#evict(this.maxBytes - size);
    if (this.count > this.#mask) this.#grow();
    const id = ++this.newest;
    this.#owners[id & this.#mask] = memory;
    this.#values[id & this.#mask] = value;
    this.count++;
    this.bytes += size;
    memory.live.set(value, id);
    memory.last = value;
    memory.lastId = id;
  }

  /** Takes effect at once. */
  resize(maxBytes: number): void {
    this.maxBytes = maxBytes;
    this.#evict(maxBytes);
  }

  #evict(room: number): void {
    while (this.count > 0 && this.bytes > room) {
      const id = this.newest - this.count + 1;
      const slot = id & this.#mask;
      const owner = this.#owners[slot] as NameMemory;
      const value = this.#values[slot] as string;
      this.#owners[slot] = undefined;
      this.#values[slot] = '';
      this.bytes -= owner.name.length + value.length + entryOverhead;
      this.count--;
      owner.live.delete(value);
      if (owner.lastId === id) lookElsewhere(owner);
    }
  }

  /** Names that no entry belongs to go; those in use come back at their next field. */
  #forget(): void {
    this.#recent.fill(undefined);
    for (const [name, memory] of this.#names) if (memory.live.size === 0) this.#names.delete(name);
  }

  #grow(): void {
    const owners = this.#owners;
    const values = this.#values;
    const mask = this.#mask * 2 + 1;
    this.#owners = new Array(mask + 1).fill(undefined);
    this.#values = new Array(mask + 1).fill('');
    for (let id = this.newest - this.count + 1; id <= this.newest; id++) {
      this.#owners[id & mask] = owners[id & this.#mask];
      this.#values[id & mask] = values[id & this.#mask] as string;
    }
    this.#mask = mask;
  }
}

/** The entry of the value written last is gone: the name at least may still be had from another. */
function lookElsewhere(memory: NameMemory): void {
  memory.last = '';
  memory.lastId = 0;
  for (const [value, id] of memory.live) {
    memory.last = value;
    memory.lastId = id;
    return;
  }
}
