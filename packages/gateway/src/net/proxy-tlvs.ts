/** The type-length-value part of a PROXY header, version 2: skipped, but for its checksum. */

const crcType = 0x03;

/** Why the TLVs from `at` to the end of `header` are refused; undefined when they are not. */
export function checkTlvs(header: Buffer, at: number): string | undefined {
  while (at < header.length) {
    if (at + 3 > header.length) return 'a TLV is cut short';
    const length = header.readUInt16BE(at + 1);
    const value = at + 3;
    if (value + length > header.length) return 'a TLV is longer than the header';
    if (header[at] === crcType) {
      if (length !== 4) return 'want a checksum of 4 bytes';
      if (crc32c(header, value) !== header.readUInt32BE(value)) return 'its checksum is wrong';
    }
    at = value + length;
  }
  return undefined;
}

/** CRC-32C (RFC 4960 appendix B) of `bytes`, with the four bytes at `hole` taken for zeros. */
export function crc32c(bytes: Buffer, hole: number): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) {
    const byte = i >= hole && i < hole + 4 ? 0 : (bytes[i] as number);
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
