/** The bytes of a HealthCheckResponse. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { grpcMessage } from '../testing/h2-servers.ts';
import { statusOf } from './grpc-health.ts';

/** A varint as protobuf writes it. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

test('what a server may write is read', () => {
  for (const [bytes, status] of [
    [[], 0],
    [[8, 1], 1],
    [[8, 2, 8, 1], 1],
    [[8, 0x81, 0], 1],
    // -1, as an enum of a mistaken server: no status of ours, and not 1 either.
    [[8, ...Array(9).fill(0xff), 1], 2 ** 64],
    [[0x12, 3, 1, 2, 3, 8, 1], 1],
    [[0x11, 0, 0, 0, 0, 0, 0, 0, 0, 8, 1], 1],
    [[8, 1, 0x15, 0, 0, 0, 0], 1],
  ] as const) {
    assert.equal(statusOf(grpcMessage([...bytes])), status, JSON.stringify(bytes));
  }
});

test('what is no message is refused', () => {
  for (const body of [
    Buffer.alloc(0),
    Buffer.alloc(4),
    Buffer.from([0, 0, 0, 0, 1]),
    Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 8, 1]),
    grpcMessage([8, 1], 1),
    ...[
      [0],
      [8],
      [8, 0x80],
      [8, ...Array(11).fill(0x80)],
      [0x12, 5, 1],
      [0x11, 0],
      [0x15, 0],
      [0x0b],
      [0x0f],
    ].map((bytes) => grpcMessage(bytes)),
  ]) {
    assert.equal(statusOf(body), undefined, body.toString('hex'));
  }
});

test('a status is found among any other fields, cut nowhere', () => {
  const field = fc.oneof(
    fc.tuple(fc.integer({ min: 2, max: 5000 }), fc.nat()).map(([n, v]) => [...varint(n * 8), ...varint(v)]),
    fc
      .tuple(fc.integer({ min: 1, max: 5000 }), fc.uint8Array({ maxLength: 200 }))
      .map(([n, bytes]) => [...varint(n * 8 + 2), ...varint(bytes.length), ...bytes]),
    fc.integer({ min: 1, max: 5000 }).map((n) => [...varint(n * 8 + 5), 1, 2, 3, 4]),
  );
  fc.assert(
    fc.property(fc.array(field), fc.nat(), fc.array(field), (before, status, after) => {
      const bytes = [...before.flat(), 8, ...varint(status), ...after.flat()];
      assert.equal(statusOf(grpcMessage(bytes)), status);
    }),
  );
});

test('any bytes: a status or a refusal, never an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.boolean(), (bytes, framed) => {
      const status = statusOf(framed ? grpcMessage([...bytes]) : bytes);
      assert.ok(status === undefined || (Number.isInteger(status) && status >= 0));
    }),
    { numRuns: 2000 },
  );
});
