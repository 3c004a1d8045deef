/** Checks in mode grpc for tests, against any server. */
import { systemClock } from '@ficus/common/clock.ts';
import { grpcProbe, type H2Way } from '../health/grpc-probe.ts';
import type { ProbeResult } from '../health/http-verdict.ts';
import { timedProbe } from '../health/timed-probe.ts';
import type { HealthCheckModel } from '../model/model.ts';
import { Transport } from '../service/transport.ts';
import { within } from './eventually.ts';
import { grpcMessage } from './h2-servers.ts';
import { transport } from './models.ts';

/** Path, method and status are there to be ignored. */
export const grpcCheck: HealthCheckModel = {
  mode: 'grpc',
  path: '/ignored',
  method: 'HEAD',
  status: 418,
  headers: [],
  intervalMs: 1000,
  unhealthyIntervalMs: 1000,
  timeoutMs: 5000,
  followRedirects: true,
  healthyThreshold: 1,
  unhealthyThreshold: 1,
  initialState: 'up',
};
export const serving = grpcMessage([8, 1]);

export function wayTo(port: number, more: Partial<H2Way> = {}): H2Way {
  return {
    address: { scheme: 'h2c', host: '127.0.0.1', port },
    transport: new Transport(transport()),
    authority: `127.0.0.1:${port}`,
    fields: [],
    ...more,
  };
}

/** The verdict on whoever is at the end of `way`. */
export function askGrpc(way: H2Way, more: Partial<HealthCheckModel> = {}): Promise<ProbeResult> {
  const own = { ...grpcCheck, ...more };
  const asked = new Promise<ProbeResult>((done) => {
    timedProbe(systemClock, own.timeoutMs, grpcProbe(way, own), done);
  });
  return within(asked, 'a verdict', 8000);
}
