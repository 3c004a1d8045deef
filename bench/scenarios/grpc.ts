/** Unary gRPC calls, HTTP/2 on every leg, driven by h2load. */

import { BenchError } from '../bench-error.ts';
import { usageOf } from '../cpu.ts';
import { type H2loadResult, runH2load } from '../h2load.ts';
import { grpcCall } from '../load/grpc-call.ts';
import { grpcMessage, grpcPath } from '../load/grpc-message.ts';
import type { Sample } from '../rows.ts';
import type { Bench } from './scenario.ts';

const CONNECTIONS = 8;
const STREAMS = 8;
const HEADERS = ['content-type: application/grpc', 'te: trailers', 'grpc-accept-encoding: identity'];

export async function measureGrpc({ sandbox, gateway, load }: Bench): Promise<Sample> {
  const bodyFile = sandbox.file(sandbox.folder('grpc'), 'message', grpcMessage);
  const drive = (seconds: number): Promise<H2loadResult> =>
    runH2load(sandbox, new URL(grpcPath, gateway.url).href, {
      seconds,
      bodyFile,
      connections: CONNECTIONS,
      streams: STREAMS,
      headers: HEADERS,
    });
  await assertCall(gateway.url);
  if (load.warmupSeconds > 0) await drive(load.warmupSeconds);
  const before = usageOf(gateway.pids);
  const result = await drive(load.seconds);
  const after = usageOf(gateway.pids);
  await assertCall(gateway.url);
  const cpuUsPerRequest = ((after.cpuSeconds - before.cpuSeconds) * 1e6) / result.requests;
  return {
    requestsPerSecond: result.requestsPerSecond,
    meanMs: result.meanMs,
    cpuUsPerRequest,
    requestsPerCpuSecond: 1e6 / cpuUsPerRequest,
    peakMemoryMiB: after.peakMemoryMiB,
    errors: result.errors + withoutMessage(result),
  };
}

/** An error that a gateway makes is a status 200 with trailers alone, so calls without a message are what failed. */
function withoutMessage({ requests, errors, bodyBytes }: H2loadResult): number {
  return Math.max(0, requests - errors - Math.floor(bodyBytes / grpcMessage.length));
}

async function assertCall(url: string): Promise<void> {
  const wrong = await grpcCall(url);
  if (wrong !== undefined) throw new BenchError(`a gRPC call through the gateway had ${wrong}`);
}
