/** What a gateway must know of gRPC over HTTP/2: who speaks it, its deadline, and how it is told of an error. */
import { errorKind, type GatewayErrorCode } from './errors.ts';
import { addHeader, getHeader, type Headers } from './headers.ts';
import type { ResponseHead } from './message.ts';
import { errorHeader } from './respond.ts';

/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
export const grpcStatus = {
  cancelled: 1,
  unknown: 2,
  deadlineExceeded: 4,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** `application/grpc`, `application/grpc+proto` …; not grpc-web, whose trailers are in its body. */
export function isGrpc(headers: Headers): boolean {
  const type = getHeader(headers, 'content-type');
  if (type === undefined || !type.startsWith('application/grpc')) return false;
  const next = type.charCodeAt(16);
  // The end, '+' or ';'.
  return Number.isNaN(next) || next === 0x2b || next === 0x3b;
}

const timeout = /^([0-9]{1,8})([HMSmun])$/;
const unitMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
};

/** Milliseconds of `grpc-timeout`, rounded up; undefined without one or when it is malformed. */
export function grpcTimeoutMs(headers: Headers): number | undefined {
  const match = timeout.exec(getHeader(headers, 'grpc-timeout') ?? '');
  return match === null ? undefined : Math.ceil(Number(match[1]) * (unitMs[match[2] as string] as number));
}

/** The gRPC status that says what `code` says. https://grpc.github.io/grpc/core/md_doc_http-grpc-status-mapping.html */
export function grpcStatusOf(code: GatewayErrorCode): number {
  if (code === 'request.deadline') return grpcStatus.deadlineExceeded;
  if (code === 'request.body-too-large' || code === 'request.head-too-large')
    return grpcStatus.resourceExhausted;
  const { status } = errorKind(code);
  switch (status) {
    case 401:
      return grpcStatus.unauthenticated;
    case 403:
      return grpcStatus.permissionDenied;
    case 404:
    case 405:
      return grpcStatus.unimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return grpcStatus.unavailable;
    default:
      return status < 500 ? grpcStatus.internal : grpcStatus.unknown;
  }
}

/** Trailers that end a call with what `code` says. */
export function grpcTrailers(code: GatewayErrorCode): Headers {
  const trailers: Headers = [];
  addHeader(trailers, 'grpc-status', String(grpcStatusOf(code)));
  addHeader(trailers, 'grpc-message', `${errorKind(code).title} (${code})`);
  return trailers;
}

/** A whole answer in one header block ("Trailers-Only"). `toGateway`: as `problemHead`. */
export function grpcRefusal(code: GatewayErrorCode, toGateway: boolean): ResponseHead {
  const headers: Headers = [];
  addHeader(headers, 'content-type', 'application/grpc');
  headers.push(...grpcTrailers(code));
  if (toGateway) addHeader(headers, errorHeader, code);
  return { status: 200, reason: '', headers };
}
