/** HPACK decoding (RFC 7541): header blocks to flat header arrays. */
import type { Headers } from '../../http/headers.ts';
import { DecoderTable } from './decoder-table.ts';
import { isNameText } from './field-rules.ts';
import { decodeHuffman } from './huffman.ts';
import { nameAt, valueAt } from './interned.ts';
import { latin1At } from './latin1.ts';
import { entryOverhead, staticCount, staticNames, staticSizes, staticValues } from './static-table.ts';

/** Outcome of one header block. */
export type BlockResult =
  | 'ok'
  /** A field breaks RFC 9113 §8.2 (bad name or value): the stream is malformed, the connection's table is intact. */
  | 'malformed'
  /** The list is larger than allowed: the stream is refused, the connection's table is intact. */
  | 'too-large'
  /** RFC 7541 §2.3.3, §4.2, §5.1, §5.2, §6.1, §6.3 decoding error: the whole connection ends with COMPRESSION_ERROR. */
  | 'compression';

/** SETTINGS_HEADER_TABLE_SIZE of who has not said otherwise (RFC 9113 §6.5.2). */
const defaultTableBytes = 4096;
/** Octets of an integer after its prefix: 28 bits, more than any sane length or index (§5.1 lets us choose). */
const integerOctets = 4;

/** Decoded Huffman text until it is a string; shared, as nothing waits between the two. */
let scratch = Buffer.allocUnsafe(4096);
const none = Buffer.alloc(0);

export class HpackDecoder {
  /** The dynamic table, for who looks from outside; only `decode` writes to it. */
  readonly table = new DecoderTable(defaultTableBytes);
  readonly #limit: number;
  #acknowledged = false;
  /** The table must become smaller before the next block may use it. */
  #shrinkDue = false;

  /** Where the integer or string read last ended. */
  #at = 0;
  /** The string read last: source[start, end); its bytes are there only when it has no more than asked for. */
  #source: Buffer = none;
  #start = 0;
  #end = 0;
  /** The name of the literal read last, whether it is one, and its length; then the size of the whole. */
  #name = '';
  #valid = true;
  #size = 0;

  /** `maxTableBytes`: what our SETTINGS_HEADER_TABLE_SIZE says. */
  constructor(maxTableBytes: number) {
    this.#limit = maxTableBytes;
  }

  /**
   * Our SETTINGS have been acknowledged: until then the peer goes by the default of 4096 bytes, from now on by ours, and
   * when ours is smaller its next block begins with a size update (RFC 9113 §4.3.1). Of no effect from 4096 bytes on.
   */
  acknowledged(): void {
    this.#acknowledged = true;
    this.#shrinkDue = this.table.maxBytes > this.#limit;
  }

  /**
   * Decodes block[from, to) and pushes `[name, value, name]` triples onto `into`. Each field counts name + value + 32
   * bytes; beyond `maxListBytes` or `maxFields`, or after a malformed field, nothing more is kept, but the table is
   * still followed to the end of the block. The first thing wrong is the result, unless it is a compression error.
   */
  decode(
    block: Buffer,
    from: number,
    to: number,
    into: Headers,
    maxListBytes: number,
    maxFields: number,
  ): BlockResult {
    const table = this.table;
    let at = this.#sizeUpdates(block, from, to);
    if (at < 0) return 'compression';
    let result: BlockResult = 'ok';
    /** What may still come. */
    let room = maxListBytes;
    let fields = maxFields;
    while (at < to) {
      const byte = block[at] as number;
      let size: number;
      if (byte >= 0x80) {
        let index = byte & 0x7f;
        at++;
        if (index === 0x7f) {
          index = this.#integer(block, at, to, 0x7f);
          if (index < 0) return 'compression';
          at = this.#at;
        }
        let name: string;
        let value: string;
        if (index > staticCount) {
          const age = index - staticCount - 1;
          if (age >= table.count) return 'compression';
          const slot = (table.next - 1 - age) & table.mask;
          name = table.names[slot] as string;
          value = table.values[slot] as string;
          size = table.sizes[slot] as number;
        } else {
          if (index === 0) return 'compression';
          name = staticNames[index] as string;
          value = staticValues[index] as string;
          size = staticSizes[index] as number;
        }
        if (size > 0 && size <= room && fields > 0) into.push(name, value, name);
      } else {
        at = this.#literal(block, at, to, into, room, fields);
        if (at < 0) return 'compression';
        size = this.#size;
      }
      if (result !== 'ok') continue;
      room -= size;
      if (size < 0) result = 'malformed';
      else if (room < 0 || --fields < 0) result = 'too-large';
      // Nothing more is kept.
      if (result !== 'ok') room = 0;
    }
    return result;
  }

  /** Size updates stand at the beginning of a block, two at most (§4.2). Returns where the fields begin, or -1. */
  #sizeUpdates(block: Buffer, from: number, to: number): number {
    let at = from;
    for (let updates = 0; at < to && ((block[at] as number) & 0xe0) === 0x20; updates++) {
      const bytes = this.#prefixed(block, at, to, 0x1f);
      if (bytes < 0 || updates === 2) return -1;
      if (bytes > (this.#acknowledged ? this.#limit : Math.max(this.#limit, defaultTableBytes))) return -1;
      this.table.resize(bytes);
      this.#shrinkDue = false;
      at = this.#at;
    }
    return this.#shrinkDue ? -1 : at;
  }

  /**
   * Reads a literal (§6.2) onto `into`, if there is `room` and it is valid, and into the table when it says so; what it
   * counts is then in `#size`, negative when malformed. Strings are made only for the one or the other, and passed on
   * rather than put down here: a young string in an old object costs more than the string. Returns where it ends, or -1.
   */
  #literal(block: Buffer, from: number, to: number, into: Headers, room: number, fields: number): number {
    const byte = block[from] as number;
    const indexing = byte >= 0x40;
    // A size update after the first field.
    if (!indexing && byte >= 0x20) return -1;
    const index = this.#prefixed(block, from, to, indexing ? 0x3f : 0x0f);
    if (index < 0) return -1;
    const most = indexing ? Math.max(room, this.table.maxBytes) : room;
    if (!this.#nameOf(block, index, to, most)) return -1;
    const name = this.#name;
    const nameLength = this.#size;
    let valid = this.#valid;
    if (!this.#string(block, this.#at, to, most)) return -1;
    const source = this.#source;
    const start = this.#start;
    const end = this.#end;
    const size = nameLength + end - start + entryOverhead;
    // Larger than whatever might keep it: only its size counts.
    let value: string | undefined = '';
    if (size <= most) {
      value = valueAt(source, start, end, name, !indexing && byte >= 0x10);
      if (value === undefined) {
        valid = false;
        value = indexing ? latin1At(source, start, end) : '';
      }
    }
    if (indexing) this.table.add(name, value, size, valid);
    if (valid && size <= room && fields > 0) into.push(name, value, name);
    this.#size = valid ? size : -size;
    // An idle connection must not hold its last input alive.
    this.#source = none;
    this.#name = '';
    return this.#at;
  }

  /** The name of a literal, by index or read at `#at`, into `#name`, its length into `#size`, and `#valid`. False: error. */
  #nameOf(block: Buffer, index: number, to: number, most: number): boolean {
    this.#valid = true;
    if (index === 0) return this.#readName(block, to, most);
    if (index <= staticCount) {
      this.#name = staticNames[index] as string;
    } else {
      const table = this.table;
      const age = index - staticCount - 1;
      if (age >= table.count) return false;
      const slot = table.slot(age);
      const name = table.names[slot] as string;
      this.#name = name;
      // The entry may be malformed for its value alone.
      if ((table.sizes[slot] as number) < 0) this.#valid = isNameText(name);
    }
    this.#size = this.#name.length;
    return true;
  }

  #readName(block: Buffer, to: number, most: number): boolean {
    if (!this.#string(block, this.#at, to, most)) return false;
    const length = this.#end - this.#start;
    this.#size = length;
    this.#name = '';
    if (length > most) return true;
    const name = nameAt(this.#source, this.#start, this.#end);
    if (name === undefined) {
      this.#valid = false;
      this.#name = latin1At(this.#source, this.#start, this.#end);
    } else {
      this.#name = name;
    }
    return true;
  }

  /** Reads a string literal (§5.2): where its bytes stand, and in `#at` where it ends. False: error. */
  #string(block: Buffer, from: number, to: number, most: number): boolean {
    if (from >= to) return false;
    const byte = block[from] as number;
    const length = this.#prefixed(block, from, to, 0x7f);
    const start = this.#at;
    if (length < 0 || length > to - start) return false;
    const end = start + length;
    this.#at = end;
    if (byte < 0x80) {
      this.#source = block;
      this.#start = start;
      this.#end = end;
      return true;
    }
    // Codes have five bits or more. Text beyond `most` is counted, not kept.
    const room = Math.min(most, (length * 8) / 5);
    if (room > scratch.length) scratch = Buffer.allocUnsafe(2 ** Math.ceil(Math.log2(room)));
    this.#source = scratch;
    this.#start = 0;
    this.#end = decodeHuffman(block, start, end, scratch);
    return this.#end >= 0;
  }

  /** An integer whose prefix is the low bits of block[from] (§5.1); -1: error. Where it ends is in `#at`. */
  #prefixed(block: Buffer, from: number, to: number, prefix: number): number {
    const value = (block[from] as number) & prefix;
    this.#at = from + 1;
    return value < prefix ? value : this.#integer(block, from + 1, to, prefix);
  }

  /** The rest of an integer whose prefix was all ones. */
  #integer(block: Buffer, from: number, to: number, prefix: number): number {
    let value = prefix;
    const last = Math.min(to, from + integerOctets);
    for (let at = from, shift = 0; at < last; at++, shift += 7) {
      const byte = block[at] as number;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.#at = at + 1;
        return value;
      }
    }
    return -1;
  }
}
