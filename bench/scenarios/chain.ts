/** What middlewares cost: a chain of six on a weighted service with session cookies, beside the bare route in the same turn. */

import { BenchError } from '../bench-error.ts';
import { usageOf } from '../cpu.ts';
import type { RunningGateway } from '../peers/gateway.ts';
import type { Sample } from '../rows.ts';
import { runWrk, type WrkLoad, type WrkResult } from '../wrk.ts';
import type { Stage } from './scenario.ts';

const PATH = 'chain/item';

interface Slice {
  readonly result: WrkResult;
  readonly cpuUs: number;
  readonly peakMemoryMiB: number;
}

/** The same requests on both routes, each with a cookie of the chain's: sessions stick, and both read as many bytes. */
export async function measureChain({ sandbox, load, start }: Stage): Promise<Sample> {
  const bare = await start({ kind: 'plain' });
  const chain = await start({ kind: 'chain' });
  const cookie = await sessionOf(chain.url + PATH);
  const { connections } = load;
  const drive = async (gateway: RunningGateway, seconds: number): Promise<Slice> => {
    const wrk: WrkLoad = { seconds, connections, headers: [`cookie: ${cookie}`] };
    const before = usageOf(gateway.pids);
    const result = await runWrk(sandbox, gateway.url + PATH, wrk);
    const { cpuSeconds, peakMemoryMiB } = usageOf(gateway.pids);
    const cpuUs = (cpuSeconds - before.cpuSeconds) * 1e6;
    return { result, cpuUs, peakMemoryMiB };
  };
  if (load.warmupSeconds > 0) {
    await drive(bare, load.warmupSeconds);
    await drive(chain, load.warmupSeconds);
  }
  const without = await drive(bare, load.seconds);
  const { result, cpuUs, peakMemoryMiB } = await drive(chain, load.seconds);
  await assertSticks(chain.url + PATH, cookie);
  const cpuUsPerRequest = cpuUs / result.requests;
  const bareCpuUs = without.cpuUs / without.result.requests;
  return {
    requestsPerSecond: result.requestsPerSecond,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    cpuUsPerRequest,
    bareCpuUs,
    timesBare: cpuUsPerRequest / bareCpuUs,
    peakMemoryMiB,
    errors: result.errors + without.result.errors,
  };
}

/** The cookie of a first answer, which must have gone through the chain. */
async function sessionOf(url: string): Promise<string> {
  const answer = await fetch(url);
  await answer.arrayBuffer();
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0];
  if (cookie === undefined || answer.headers.get('x-served-by') !== 'bench') {
    throw new BenchError(`an answer of the chain had no cookie or no x-served-by (status ${answer.status})`);
  }
  return cookie;
}

/** A cookie that is written again would be one that was not taken. */
async function assertSticks(url: string, cookie: string): Promise<void> {
  const answer = await fetch(url, { headers: { cookie } });
  await answer.arrayBuffer();
  if (answer.status !== 200 || answer.headers.getSetCookie().length > 0) {
    throw new BenchError(`a request with the session's cookie was answered ${answer.status} with a new one`);
  }
}
