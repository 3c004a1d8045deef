/** Takes from a 64-bit ELF executable what only a debugger reads: a seventh of Node's size. */

const headerSize = 64;
const sectionSize = 64;
const programSize = 56;
const load = 1;
const stringTable = 3;
const noBits = 8;
const allocated = 2n;

interface Section {
  readonly header: Buffer;
  readonly type: number;
  readonly flags: bigint;
  readonly offset: number;
  readonly size: number;
}

/** The same executable without the sections that are never in memory. Throws when it is not built as linkers build them. */
export function stripped(file: Buffer): Buffer {
  if (file.readUInt32BE(0) !== 0x7f454c46 || file[4] !== 2 || file[5] !== 1) {
    throw new Error('want a 64-bit little-endian ELF file');
  }
  const sections = sectionsOf(file);
  const kept = sections.findLastIndex((section) => (section.flags & allocated) !== 0n) + 1;
  const inMemory = sections.slice(0, kept);
  if (inMemory.slice(1).some((section) => (section.flags & allocated) === 0n)) {
    throw new Error('want sections that are in memory first, found them mixed with others');
  }
  const end = Math.max(segmentsEnd(file), ...inMemory.map(endOf));
  if (sections.slice(kept).some((section) => section.size > 0 && section.offset < end)) {
    throw new Error('want nothing between what is in memory, found a section there');
  }
  return assembled(file, end, inMemory, namesOf(file, sections, kept));
}

function endOf(section: Section): number {
  return section.type === noBits ? 0 : section.offset + section.size;
}

function sectionsOf(file: Buffer): readonly Section[] {
  const at = Number(file.readBigUInt64LE(40));
  return Array.from({ length: file.readUInt16LE(60) }, (_, index) => {
    const header = file.subarray(at + index * sectionSize, at + (index + 1) * sectionSize);
    return {
      header,
      type: header.readUInt32LE(4),
      flags: header.readBigUInt64LE(8),
      offset: Number(header.readBigUInt64LE(24)),
      size: Number(header.readBigUInt64LE(32)),
    };
  });
}

/** Where the last byte of the file that is mapped into memory ends. */
function segmentsEnd(file: Buffer): number {
  const at = Number(file.readBigUInt64LE(32));
  let end = headerSize;
  for (let index = 0; index < file.readUInt16LE(56); index++) {
    const header = file.subarray(at + index * programSize, at + (index + 1) * programSize);
    if (header.readUInt32LE(0) !== load) continue;
    end = Math.max(end, Number(header.readBigUInt64LE(8) + header.readBigUInt64LE(32)));
  }
  return end;
}

/** The names of the kept sections and, last, of the names' own. */
function namesOf(file: Buffer, sections: readonly Section[], kept: number): readonly string[] {
  const table = sections[file.readUInt16LE(62)];
  if (table === undefined) throw new Error('want names of sections, found none');
  const names = file.subarray(table.offset, table.offset + table.size);
  const name = ({ header }: Section) => {
    const at = header.readUInt32LE(0);
    return names.toString('latin1', at, names.indexOf(0, at));
  };
  return [...sections.slice(0, kept).map(name), '.shstrtab'];
}

function assembled(file: Buffer, end: number, kept: readonly Section[], names: readonly string[]): Buffer {
  const starts: number[] = [];
  let text = '\0';
  for (const name of names) {
    // The first section has none.
    starts.push(name === '' ? 0 : text.length);
    if (name !== '') text += `${name}\0`;
  }
  const namesEnd = end + text.length;
  const headersAt = Math.ceil(namesEnd / 8) * 8;
  const ownHeader = Buffer.alloc(sectionSize);
  ownHeader.writeUInt32LE(stringTable, 4);
  ownHeader.writeBigUInt64LE(BigInt(end), 24);
  ownHeader.writeBigUInt64LE(BigInt(text.length), 32);
  ownHeader.writeBigUInt64LE(1n, 48);
  const headers = [...kept.map(({ header }) => Buffer.from(header)), ownHeader];
  headers.forEach((header, index) => {
    header.writeUInt32LE(starts[index] ?? 0, 0);
  });
  const result = Buffer.concat([
    file.subarray(0, end),
    Buffer.from(text, 'latin1'),
    Buffer.alloc(headersAt - namesEnd),
    ...headers,
  ]);
  result.writeBigUInt64LE(BigInt(headersAt), 40);
  result.writeUInt16LE(headers.length, 60);
  result.writeUInt16LE(headers.length - 1, 62);
  return result;
}
