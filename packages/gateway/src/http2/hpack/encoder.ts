/** HPACK encoding (RFC 7541): fields to header blocks. */
import { EncoderTable, type NameMemory, policies } from './encoder-table.ts';
import { latin1At } from './latin1.ts';
import { entryOverhead, staticCount } from './static-table.ts';
import { hashOf, writeInteger, writeString } from './write.ts';

/** SETTINGS_HEADER_TABLE_SIZE of who has not said otherwise (RFC 9113 §6.5.2). */
const defaultTableBytes = 4096;

/**
 * A name of no table whose values never come again (a request id) gets an entry once it was written out so many times:
 * from then on it is an index, for both sides less work than its letters.
 */
const namelessLiterals = 8;

/** Upper bound of what `begin` may write: two size updates. */
export const beginRoom = 12;

/** Upper bound of what `field` may write. */
export function fieldRoom(name: string, value: string): number {
  return name.length + value.length + 16;
}

/**
 * One direction of one connection. A field goes into the dynamic table the second time it is seen, so that values that
 * change each time never push others out; credentials and cookies never do (§7.1.3).
 */
export class HpackEncoder {
  readonly #cap: number;
  readonly #table: EncoderTable;
  /** What the peer's decoder takes the table's maximum to be after the last block. */
  #told = defaultTableBytes;
  /** The smallest maximum since then. */
  #least: number;

  /** `cap`: most bytes the table may have, however many the peer allows. */
  constructor(cap = defaultTableBytes) {
    this.#cap = cap;
    this.#table = new EncoderTable(Math.min(cap, defaultTableBytes));
    this.#least = this.#table.maxBytes;
  }

  /** The peer's SETTINGS_HEADER_TABLE_SIZE, which holds from the next block on. */
  setMaxTableBytes(bytes: number): void {
    const most = Math.min(bytes, this.#cap);
    this.#table.resize(most);
    if (most < this.#least) this.#least = most;
  }

  /** Must be called first in each block: writes the size updates that are due (§4.2). Returns the new position. */
  begin(out: Buffer, at: number): number {
    const most = this.#table.maxBytes;
    if (this.#least < this.#told) {
      at = writeInteger(out, at, 0x20, 0x1f, this.#least);
      this.#told = this.#least;
    }
    if (most !== this.#told) {
      at = writeInteger(out, at, 0x20, 0x1f, most);
      this.#told = most;
    }
    this.#least = most;
    this.#table.rewind();
    return at;
  }

  /**
   * Writes one field at out[at], where there must be room for `fieldRoom(name, value)` bytes, and returns the new
   * position. `name` is lower-case, `value` latin-1.
   */
  field(name: string, value: string, out: Buffer, at: number): number {
    const memory = this.#table.memoryOf(name);
    const id = memory.lastId;
    if (id !== 0 && memory.last === value) return this.#indexed(id, out, at);
    return this.#other(memory, value, out, at);
  }

  #indexed(id: number, out: Buffer, at: number): number {
    const index = id < 0 ? -id : staticCount + 1 + this.#table.newest - id;
    if (index < 0x7f) {
      out[at] = 0x80 | index;
      return at + 1;
    }
    return writeInteger(out, at, 0x80, 0x7f, index);
  }

  /** A value other than the last. */
  #other(memory: NameMemory, value: string, out: Buffer, at: number): number {
    const policy = memory.policy;
    if (policy === policies.never) return this.#literal(memory, value, out, at, 0x10, 0x0f);
    if (policy === policies.plain) return this.#literal(memory, value, out, at, 0, 0x0f);
    let id = memory.statics?.get(value) ?? 0;
    if (id === 0 && memory.live.size > 0) id = memory.live.get(value) ?? 0;
    if (id !== 0) {
      memory.last = this.#table.valueOf(id);
      memory.lastId = id;
      return this.#indexed(id, out, at);
    }
    const end = this.#literal(memory, value, out, at, 0, 0x0f);
    if ((memory.name.length + value.length + entryOverhead) * 4 > this.#table.maxBytes) return end;
    if (!isWorthKeeping(memory, hashOf(out, value.length, end))) return end;
    const again = this.#literal(memory, value, out, at, 0x40, 0x3f);
    // A copy of its own: what the caller has may be a slice that holds a whole head alive.
    this.#table.insert(memory, latin1At(out, again - value.length, again));
    return again;
  }

  #literal(
    memory: NameMemory,
    value: string,
    out: Buffer,
    at: number,
    first: number,
    prefix: number,
  ): number {
    let index = memory.staticIndex;
    if (index === 0 && memory.lastId > 0) index = staticCount + 1 + this.#table.newest - memory.lastId;
    at = writeInteger(out, at, first, prefix, index);
    if (index === 0) at = writeString(out, at, memory.name);
    return writeString(out, at, value);
  }
}

/** Whether one of the values seen last had this hash (if not, it is remembered), or the name alone is worth an entry. */
function isWorthKeeping(memory: NameMemory, hash: number): boolean {
  if (hash === memory.seen0) return true;
  if (memory.policy !== policies.repeat) {
    if (hash === memory.seen1 || hash === memory.seen2 || hash === memory.seen3) return true;
    memory.seen3 = memory.seen2;
    memory.seen2 = memory.seen1;
    memory.seen1 = memory.seen0;
  }
  memory.seen0 = hash;
  return memory.staticIndex === 0 && memory.live.size === 0 && ++memory.misses % namelessLiterals === 0;
}
