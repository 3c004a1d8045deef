/** 1 GiB down or up through the gateway over one connection. */

import { resolve } from 'node:path';
import { cores } from '../cores.ts';
import { usageOf } from '../cpu.ts';
import type { TransferResult } from '../load/transfer.ts';
import type { Sample } from '../rows.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Bench } from './scenario.ts';

const GIB = 2 ** 30;
/** Enough to compile and to fill the buffers. */
const WARM_UP = 2 ** 26;
const CLIENT = resolve(import.meta.dirname, '../load/transfer.ts');

export async function measureTransfer(
  { sandbox, gateway }: Bench,
  direction: 'download' | 'upload',
): Promise<Sample> {
  await transfer(sandbox, direction, gateway.url, WARM_UP);
  const before = usageOf(gateway.pids);
  const result = await transfer(sandbox, direction, gateway.url, GIB);
  const after = usageOf(gateway.pids);
  const cpuSeconds = after.cpuSeconds - before.cpuSeconds;
  return {
    requestsPerSecond: 1 / result.seconds,
    p50Ms: result.seconds * 1_000,
    p99Ms: result.seconds * 1_000,
    cpuUsPerRequest: cpuSeconds * 1e6,
    peakMemoryMiB: after.peakMemoryMiB,
    errors: result.status === 200 && result.bytes === GIB ? 0 : 1,
    megabytesPerSecond: GIB / 1e6 / result.seconds,
    cpuSeconds,
    megabytesPerCpuSecond: GIB / 1e6 / cpuSeconds,
  };
}

async function transfer(
  sandbox: Sandbox,
  direction: string,
  url: string,
  bytes: number,
): Promise<TransferResult> {
  const args = [CLIENT, direction, url, String(bytes)];
  return JSON.parse(await sandbox.run(process.execPath, args, { core: cores.load }));
}
