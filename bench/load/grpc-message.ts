/** The gRPC message of the bench, both ways: a small protobuf in gRPC's length-prefixed framing. */

const NOTE = 'shipped yesterday, with you tomorrow';

/** `{1: 4711, 2: "…"}` as protobuf: about what a small unary call carries, bytes. */
const protobuf = Buffer.concat([
  Buffer.from([0x08, 0xe7, 0x24, 0x12, NOTE.length]),
  Buffer.from(NOTE, 'latin1'),
]);

/** The message with its prefix: not compressed, four bytes of length. */
export const grpcMessage: Buffer = Buffer.concat([Buffer.from([0, 0, 0, 0, protobuf.length]), protobuf]);

/** The path of the bench's one method. */
export const grpcPath = '/bench.Orders/Show';
