import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripped } from './elf.ts';

interface Part {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly data: Buffer;
}

/** An ELF file with one segment that maps all sections with flag 2. */
function elf(parts: readonly Part[]): Buffer {
  const start = 64 + 56;
  const bodies = Buffer.concat(parts.map((part) => part.data));
  const mapped = parts.filter((part) => part.flags === 2).reduce((sum, part) => sum + part.data.length, 0);
  const head = Buffer.alloc(start);
  head.writeUInt32BE(0x7f454c46, 0);
  head.set([2, 1], 4);
  head.writeBigUInt64LE(64n, 32);
  head.writeBigUInt64LE(BigInt(start + bodies.length), 40);
  head.writeUInt16LE(1, 56);
  head.writeUInt16LE(parts.length, 60);
  head.writeUInt16LE(parts.length - 1, 62);
  head.writeUInt32LE(1, 64);
  head.writeBigUInt64LE(BigInt(start + mapped), 64 + 32);
  const names = parts.at(-1)?.data.toString('latin1') ?? '';
  let offset = start;
  const headers = parts.map((part) => {
    const header = Buffer.alloc(64);
    header.writeUInt32LE(part.name === '' ? 0 : names.indexOf(`${part.name}\0`), 0);
    header.writeUInt32LE(part.type, 4);
    header.writeBigUInt64LE(BigInt(part.flags), 8);
    header.writeBigUInt64LE(BigInt(part.type === 0 ? 0 : offset), 24);
    header.writeBigUInt64LE(BigInt(part.data.length), 32);
    offset += part.data.length;
    return header;
  });
  return Buffer.concat([head, bodies, ...headers]);
}

const none: Part = { name: '', type: 0, flags: 0, data: Buffer.alloc(0) };
const text: Part = { name: '.text', type: 1, flags: 2, data: Buffer.from('machine code') };
const symbols: Part = { name: '.symtab', type: 2, flags: 0, data: Buffer.alloc(5000, 'symbol') };
const names: Part = {
  name: '.shstrtab',
  type: 3,
  flags: 0,
  data: Buffer.from('\0.text\0.symtab\0.shstrtab\0'),
};

test('what is never in memory goes; what is stays where it was, with its name', () => {
  const whole = elf([none, text, symbols, names]);
  const small = stripped(whole);
  assert.ok(small.length < whole.length - 4900, `${small.length}`);
  assert.equal(small.includes('symbol'), false);
  const end = 64 + 56 + text.data.length;
  assert.deepEqual(small.subarray(64, end), whole.subarray(64, end));
  const at = Number(small.readBigUInt64LE(40));
  assert.equal(small.readUInt16LE(60), 3);
  const nameTable = small.subarray(at + 2 * 64, at + 3 * 64);
  const namesAt = Number(nameTable.readBigUInt64LE(24));
  const nameOf = small.readUInt32LE(at + 64);
  assert.equal(small.toString('latin1', namesAt + nameOf, namesAt + nameOf + 6), '.text\0');
  assert.equal(at + 3 * 64, small.length);
  // Once more changes nothing.
  assert.deepEqual(stripped(small), small);
});

test('what is not built so is refused', () => {
  assert.throws(() => stripped(Buffer.from(`#!/bin/sh${' '.repeat(64)}`)), /want a 64-bit little-endian ELF/);
  assert.throws(() => stripped(elf([none, symbols, text, names])), /mixed with others/);
});
