/** The dynamic table of a decoder (RFC 7541 §2.3.2): a ring of entries, the newest just before `next`. */

/** Entries there is room for before the ring grows. */
const firstCapacity = 16;

export class DecoderTable {
  /** The name of each slot. */
  names: string[] = new Array(firstCapacity).fill('');
  /** The value of each slot. */
  values: string[] = new Array(firstCapacity).fill('');
  /** What each slot counts, in bytes; negative when its field is malformed. */
  sizes: number[] = new Array(firstCapacity).fill(0);
  /** Slot the next entry takes. */
  next = 0;
  count = 0;
  /** Slots - 1; their number is a power of two. */
  mask = firstCapacity - 1;
  /** Sum of the entries' sizes. */
  bytes = 0;
  maxBytes: number;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Slot of the entry `age` places from the newest; the caller knows that age < count. */
  slot(age: number): number {
    return (this.next - 1 - age) & this.mask;
  }

  /** Puts an entry in front, and throws the oldest out until it fits; one that never fits empties the table (§4.4). */
  add(name: string, value: string, size: number, valid: boolean): void {
    this.#evict(this.maxBytes - size);
    if (size > this.maxBytes) return;
    if (this.count > this.mask) this.#grow();
    const slot = this.next;
    this.names[slot] = name;
    this.values[slot] = value;
    this.sizes[slot] = valid ? size : -size;
    this.next = (slot + 1) & this.mask;
    this.count++;
    this.bytes += size;
  }

  /** A dynamic table size update (§4.3). */
  resize(maxBytes: number): void {
    this.maxBytes = maxBytes;
    this.#evict(maxBytes);
  }

  /** The entries from the newest on, for who looks from outside. */
  entries(): [name: string, value: string][] {
    return Array.from({ length: this.count }, (_, age) => {
      const slot = this.slot(age);
      return [this.names[slot] as string, this.values[slot] as string];
    });
  }

  #evict(room: number): void {
    while (this.count > 0 && this.bytes > room) {
      const slot = (this.next - this.count) & this.mask;
      this.bytes -= Math.abs(this.sizes[slot] as number);
      this.names[slot] = '';
      this.values[slot] = '';
      this.count--;
    }
  }

  #grow(): void {
    const order = Array.from({ length: this.count }, (_, i) => this.slot(this.count - 1 - i));
    const room = new Array(this.count).fill('');
    this.names = [...order.map((slot) => this.names[slot] as string), ...room];
    this.values = [...order.map((slot) => this.values[slot] as string), ...room];
    this.sizes = [...order.map((slot) => this.sizes[slot] as number), ...room.map(() => 0)];
    this.next = this.count;
    this.mask = this.count * 2 - 1;
  }
}
