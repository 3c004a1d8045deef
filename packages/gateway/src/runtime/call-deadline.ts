/** How long a gRPC client waits: no endpoint works on for longer. */
import type { Clock } from '@ficus/common/clock.ts';
import { grpcTimeoutMs, isGrpc } from '../http/grpc.ts';
import type { RequestHead } from '../http/message.ts';

/** What a timer can hold; a call that may take longer than 24 days has no deadline of ours. */
const longestTimerMs = 2 ** 31 - 1;

/** Runs `exceeded` when the client of a gRPC call has said it waits no longer; what is returned undoes that. */
export function limitCall(
  clock: Clock,
  request: RequestHead,
  exceeded: () => void,
): (() => void) | undefined {
  if (request.method !== 'POST' || !isGrpc(request.headers)) return undefined;
  const ms = grpcTimeoutMs(request.headers);
  return ms === undefined || ms > longestTimerMs ? undefined : clock.after(ms, exceeded);
}
