/**
 * The gRPC health protocol, as much of it as a check needs: one unary call with an empty request.
 * From grpc/health/v1/health.proto (github.com/grpc/grpc-proto):
 * `message HealthCheckRequest { string service = 1; }`,
 * `message HealthCheckResponse { enum ServingStatus { UNKNOWN = 0; SERVING = 1; NOT_SERVING = 2; SERVICE_UNKNOWN = 3; } ServingStatus status = 1; }`.
 */
import type { H2Answer } from './h2-request.ts';
import type { ProbeResult } from './http-verdict.ts';

/** `service Health { rpc Check(HealthCheckRequest) returns (HealthCheckResponse); }` */
export const checkPath = '/grpc.health.v1.Health/Check';
/** One message, not compressed, 0 bytes long: an absent `service` is `''`, the whole server. */
export const checkRequest = Buffer.alloc(5);

const servingStatus = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];
const serving = 1;
const unimplemented = 12;
const codes = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

/** Up only with grpc-status 0 and SERVING. */
export function judgeCheck({ status, headers, trailers, body, cut }: H2Answer): ProbeResult {
  if (cut) return down(`answered more than ${body.length} bytes`);
  if (status !== 200) return down(`status ${status}`);
  const type = headers['content-type'] ?? '';
  if (!/^application\/grpc(?:[+; ]|$)/i.test(type)) {
    return down(`answered with content-type ${JSON.stringify(type.slice(0, 60))}, not application/grpc`);
  }
  // Without a message both blocks of fields are one, and that one came first.
  const written = trailers['grpc-status'] ?? headers['grpc-status'];
  if (typeof written !== 'string') return down('answered without grpc-status');
  if (!/^\d{1,10}$/.test(written)) return down('answered with a malformed grpc-status');
  const code = Number(written);
  if (code !== 0) return down(failure(code, trailers['grpc-message'] ?? headers['grpc-message']));
  const found = statusOf(body);
  if (found === undefined) return down('answered a malformed message');
  return { up: found === serving, reason: servingStatus[found] ?? `serving status ${found}` };
}

/**
 * The status in a body of one length-prefixed message (PROTOCOL-HTTP2.md of gRPC), undefined when it is malformed:
 * compressed although nothing was offered, not exactly one message, or not protobuf. Unknown fields are passed over.
 */
export function statusOf(body: Uint8Array): number | undefined {
  if (body.length < 5 || body[0] !== 0) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  if (view.getUint32(1) !== body.length - 5) return undefined;
  let at = 5;
  let status = 0;
  const varint = (): number | undefined => {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      const byte = body[at++];
      if (byte === undefined) return undefined;
      // Not by shifts, which end at 32 bits; beyond 2^53 it is none of our statuses anyway.
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    return undefined;
  };
  while (at < body.length) {
    const tag = varint();
    if (tag === undefined || tag < 8 || tag > 0xffff_ffff) return undefined;
    const kind = tag % 8;
    if (kind === 0) {
      const value = varint();
      if (value === undefined) return undefined;
      if (tag === 8) status = value;
    } else if (kind === 1 || kind === 5) {
      at += kind === 1 ? 8 : 4;
    } else if (kind === 2) {
      const length = varint();
      if (length === undefined) return undefined;
      at += length;
    } else {
      return undefined;
    }
  }
  return at === body.length ? status : undefined;
}

function failure(code: number, message: unknown): string {
  const name = `grpc-status ${code}${codes[code] === undefined ? '' : ` ${codes[code]}`}`;
  if (code === unimplemented) return `${name}: the endpoint does not implement grpc.health.v1.Health`;
  const told = typeof message === 'string' ? message.replace(/[^\x20-\x7e]/g, '').slice(0, 100) : '';
  return told === '' ? name : `${name}: ${told}`;
}

function down(reason: string): ProbeResult {
  return { up: false, reason };
}
