/** For tests: header blocks from and to lists of fields. */
import assert from 'node:assert/strict';
import type { Headers } from '../../http/headers.ts';
import type { BlockResult, HpackDecoder } from './decoder.ts';
import { beginRoom, fieldRoom, type HpackEncoder } from './encoder.ts';
import { writeInteger } from './write.ts';

export type Field = [name: string, value: string];

/** One block, with guard bytes around the room that was asked for. */
export function encodeBlock(encoder: HpackEncoder, fields: readonly Field[]): Buffer {
  const out = Buffer.alloc(70_000, 0xee);
  let at = encoder.begin(out, 3);
  let most = 3 + beginRoom;
  for (const [name, value] of fields) {
    const next = encoder.field(name, value, out, at);
    most = Math.max(most, at + fieldRoom(name, value));
    assert.ok(next <= most);
    at = next;
  }
  assert.equal(out[2], 0xee);
  assert.equal(out[most], 0xee, 'nothing is written past the room');
  return Buffer.from(out.subarray(3, at));
}

/** Decodes a block that stands neither at the start nor at the end of its buffer. */
export function decodeBlock(
  decoder: HpackDecoder,
  block: Buffer | string,
  maxListBytes = 65536,
  maxFields = 1000,
): { result: BlockResult; fields: Field[] } {
  const bytes = typeof block === 'string' ? Buffer.from(block.replaceAll(/\s/g, ''), 'hex') : block;
  const padded = Buffer.concat([Buffer.from([0xff, 0xff]), bytes, Buffer.from([0x82])]);
  const into: Headers = [];
  const result = decoder.decode(padded, 2, padded.length - 1, into, maxListBytes, maxFields);
  const fields: Field[] = [];
  for (let i = 0; i < into.length; i += 3) {
    assert.equal(into[i], into[i + 2]);
    fields.push([into[i] as string, into[i + 1] as string]);
  }
  return { result, fields };
}

/** A literal of the kind `first` says (0: without indexing), its name and value as they are. */
export function literal(name: string, value: string, first = 0): Buffer {
  return Buffer.concat([Buffer.from([first]), plainString(name), plainString(value)]);
}

function plainString(text: string): Buffer {
  const length = Buffer.alloc(6);
  return Buffer.concat([
    length.subarray(0, writeInteger(length, 0, 0, 0x7f, text.length)),
    Buffer.from(text, 'latin1'),
  ]);
}
