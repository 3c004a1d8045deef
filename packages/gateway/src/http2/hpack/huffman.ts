/** Huffman decoding (RFC 7541 §5.2), eight bits at a time through tables of 256. */
import { codeLengths, codes, endOfString } from './huffman-code.ts';

/**
 * Tables of 256 cells one after the other; the first is where each symbol begins. A cell is `symbol << 4 | bits used`
 * for a code that ends in these eight bits, `child | number of the table to go on in`, or 0 for EOS.
 */
const child = 0x8000;
/** Made when the first code is read: gateways of ours write none, and a process that reads none is megabytes smaller. */
let cells: Uint16Array | undefined;

/**
 * Decodes block[from, to) into `out`, of which nothing beyond its end is written, and returns how many bytes the text
 * has, be they written or not; -1 for what no encoder may send: EOS, padding of more than seven bits or not all ones.
 */
export function decodeHuffman(block: Buffer, from: number, to: number, out: Buffer): number {
  cells ??= buildCells();
  const table = cells;
  const room = out.length;
  let length = 0;
  /** The bits not used yet are the low `bits` ones; what stands above them is of no account. */
  let word = 0;
  let bits = 0;
  /** Where the table of the code begun stands in `cells`. */
  let base = 0;
  for (let at = from; at < to; at++) {
    word = (word << 8) | (block[at] as number);
    bits += 8;
    while (bits >= 8) {
      const cell = table[base + ((word >>> (bits - 8)) & 255)] as number;
      if (cell >= child) {
        base = (cell ^ child) << 8;
        bits -= 8;
      } else {
        if (cell === 0) return -1;
        if (length < room) out[length] = cell >>> 4;
        length++;
        bits -= cell & 15;
        base = 0;
      }
    }
  }
  while (bits > 0) {
    const cell = table[base + ((word << (8 - bits)) & 255)] as number;
    if (cell >= child || cell === 0 || (cell & 15) > bits) break;
    if (length < room) out[length] = cell >>> 4;
    length++;
    bits -= cell & 15;
    base = 0;
  }
  // Bits of a code begun in an earlier table are padding too, and then there are more than seven.
  const padding = (1 << bits) - 1;
  return base === 0 && (word & padding) === padding ? length : -1;
}

function buildCells(): Uint16Array {
  const code = codes();
  const built: number[] = new Array(256).fill(0);
  for (let symbol = 0; symbol < endOfString; symbol++) {
    let left = codeLengths[symbol] as number;
    let base = 0;
    for (; left > 8; left -= 8) {
      const cell = base + (((code[symbol] as number) >>> (left - 8)) & 255);
      if (built[cell] === 0) {
        built[cell] = child | (built.length >> 8);
        for (let i = 0; i < 256; i++) built.push(0);
      }
      base = ((built[cell] as number) ^ child) << 8;
    }
    // Every cell that begins with the rest of the code.
    const first = base + (((code[symbol] as number) << (8 - left)) & 255);
    built.fill((symbol << 4) | left, first, first + (1 << (8 - left)));
  }
  return Uint16Array.from(built);
}
