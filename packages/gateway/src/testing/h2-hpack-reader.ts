/** HPACK decoding for tests, straight from RFC 7541, so that the codec's own encoder is judged by somebody else. */

/** RFC 7541 appendix A. */
const staticTable =
  `:authority||:method|GET|:method|POST|:path|/|:path|/index.html|:scheme|http|:scheme|https|:status|200
:status|204|:status|206|:status|304|:status|400|:status|404|:status|500|accept-charset||accept-encoding|gzip, deflate
accept-language||accept-ranges||accept||access-control-allow-origin||age||allow||authorization||cache-control|
content-disposition||content-encoding||content-language||content-length||content-location||content-range|
content-type||cookie||date||etag||expect||expires||from||host||if-match||if-modified-since||if-none-match||if-range|
if-unmodified-since||last-modified||link||location||max-forwards||proxy-authenticate||proxy-authorization||range|
referer||refresh||retry-after||server||set-cookie||strict-transport-security||transfer-encoding||user-agent||vary|
via||www-authenticate|`
    .replaceAll('\n', '|')
    .split('|');

/** Symbols by code length, shortest first (RFC 7541 appendix B): the code is canonical, so lengths say all. */
const huffmanLengths: readonly (readonly [bits: number, symbols: string])[] = [
  [5, '012aceiost'],
  [6, ' %-./3456789=A_bdfghlmnpru'],
  [7, ':BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz'],
  [8, '&*,;XZ'],
  [10, '!"()?'],
  [11, "'+|"],
  [12, '#>'],
  [13, '\0$@[]~'],
  [14, '^}'],
  [15, '<`{'],
  [19, '\\\xc3\xd0'],
  [20, '\x80\x82\x83\xa2\xb8\xc2\xe0\xe2'],
];

const huffman = new Map<string, string>();
{
  let code = 0;
  let bits = 0;
  for (const [length, symbols] of huffmanLengths) {
    code *= 2 ** (length - bits);
    bits = length;
    for (const symbol of symbols) huffman.set(`${length}:${code++}`, symbol);
  }
}

function unhuffman(bytes: Buffer): string {
  let text = '';
  let code = 0;
  let bits = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + ((byte >> bit) & 1);
      const symbol = huffman.get(`${++bits}:${code}`);
      if (symbol !== undefined) {
        text += symbol;
        code = 0;
        bits = 0;
      } else if (bits > 20) throw new Error('a Huffman symbol that this reader of tests does not know');
    }
  }
  if (bits > 7 || code !== 2 ** bits - 1) throw new Error('bad Huffman padding');
  return text;
}

/** One connection's decoder; `largest` is the table size we announced. */
export class HpackReader {
  readonly #table: (readonly [string, string])[] = [];
  #largest: number;
  #most: number;
  /** The next block must begin with a size update (RFC 7541 §4.2). */
  #due = false;

  constructor(largest = 4096) {
    this.#largest = largest;
    this.#most = largest;
  }

  /** We announced another table size, and the writer has acknowledged it. */
  announce(bytes: number): void {
    this.#largest = bytes;
    this.#due ||= bytes < this.#most;
  }

  /** All fields of a whole block, in order; throws on anything malformed. */
  read(bytes: Buffer): [name: string, value: string][] {
    const fields: [string, string][] = [];
    let at = 0;
    const int = (bits: number): number => {
      const most = 2 ** bits - 1;
      let value = this.#byte(bytes, at++) & most;
      if (value < most) return value;
      for (let shift = 1; ; shift *= 128) {
        const byte = this.#byte(bytes, at++);
        value += (byte & 127) * shift;
        if (byte < 128) return value;
      }
    };
    const text = (): string => {
      const coded = (this.#byte(bytes, at) & 128) !== 0;
      const length = int(7);
      const raw = bytes.subarray(at, at + length);
      if (raw.length < length) throw new Error('a string that ends too early');
      at += length;
      return coded ? unhuffman(raw) : raw.toString('latin1');
    };
    if (this.#due && (this.#byte(bytes, 0) & 0xe0) !== 0x20) throw new Error('no table size update');
    this.#due = false;
    while (at < bytes.length) {
      const first = bytes[at] as number;
      if (first >= 0x80) fields.push([...this.#field(int(7))]);
      else if (first >= 0x40) {
        const index = int(6);
        const name = index === 0 ? text() : this.#field(index)[0];
        const value = text();
        this.#table.unshift([name, value]);
        this.#evict();
        fields.push([name, value]);
      } else if (first >= 0x20) {
        if (fields.length > 0) throw new Error('a table size update behind a field');
        this.#most = int(5);
        if (this.#most > this.#largest) throw new Error('a table larger than allowed');
        this.#evict();
      } else {
        const index = int(4);
        const name = index === 0 ? text() : this.#field(index)[0];
        fields.push([name, text()]);
      }
    }
    return fields;
  }

  #byte(bytes: Buffer, at: number): number {
    const byte = bytes[at];
    if (byte === undefined) throw new Error('a block that ends too early');
    return byte;
  }

  #field(index: number): readonly [string, string] {
    const field =
      index >= 1 && index <= 61
        ? ([staticTable[index * 2 - 2] as string, staticTable[index * 2 - 1] as string] as const)
        : this.#table[index - 62];
    if (field === undefined) throw new Error(`no field has index ${index}`);
    return field;
  }

  #evict(): void {
    let size = 0;
    let keep = 0;
    for (const [name, value] of this.#table) {
      size += name.length + value.length + 32;
      if (size > this.#most) break;
      keep++;
    }
    this.#table.length = keep;
  }
}
