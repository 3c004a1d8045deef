/**
 * Sends GETs at a fixed rate, open loop: a slow answer never holds back the next request.
 * Run: fixed-rate.ts <url> <requests per second> <seconds> <warm-up seconds>; prints a FixedRateResult.
 */

import { percentile } from '../stats.ts';
import { HttpConnection } from './http-connection.ts';

/** Latencies from the first byte sent to the last byte read, milliseconds; the warm-up is left out. */
export interface FixedRateResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** How late requests left after their due time (timers have whole milliseconds): the client's own fault. */
  readonly lateP99Ms: number;
  /** Answers other than 200, broken connections, and requests without an answer at the end. */
  readonly errors: number;
}

/** More connections at once than this, and the rest of the requests count as errors. */
const MAX_CONNECTIONS = 1_024;
const LINGER_MS = 2_000;

const [text = '', rate = 0, seconds = 0, warmup = 0] = process.argv
  .slice(2)
  .map((arg, at) => (at ? Number(arg) : arg)) as [string, number, number, number];
const url = new URL(text);
const free: HttpConnection[] = [];
let connections = 0;
const latencies: number[] = [];
const lateness: number[] = [];
let errors = 0;
let waiting = 0;

/** Sends one request on a free connection, or a new one; `measured` says whether it counts. */
async function send(measured: boolean): Promise<void> {
  waiting += 1;
  try {
    if (free.length === 0 && connections >= MAX_CONNECTIONS) throw new Error('no free connection');
    const connection = free.pop() ?? (await connect());
    const begin = performance.now();
    const status = await connection.get();
    if (measured) latencies.push(performance.now() - begin);
    if (status !== 200) errors += 1;
    if (connection.usable) free.push(connection);
    else connections -= 1;
  } catch {
    errors += 1;
  } finally {
    waiting -= 1;
  }
}

async function connect(): Promise<HttpConnection> {
  connections += 1;
  try {
    return await HttpConnection.open(url);
  } catch (error) {
    connections -= 1;
    throw error;
  }
}

const begin = performance.now();
const total = Math.round(rate * (warmup + seconds));
let sent = 0;
await new Promise<void>((resolve) => {
  const tick = setInterval(() => {
    const now = performance.now() - begin;
    for (; sent < total && (sent / rate) * 1_000 <= now; sent += 1) {
      const due = (sent / rate) * 1_000;
      const measured = due >= warmup * 1_000;
      if (measured) lateness.push(now - due);
      void send(measured);
    }
    if (sent >= total && (waiting === 0 || now > (warmup + seconds) * 1_000 + LINGER_MS)) {
      clearInterval(tick);
      resolve();
    }
  }, 1);
});
const result: FixedRateResult = {
  requests: latencies.length,
  requestsPerSecond: latencies.length / seconds,
  p50Ms: percentile(latencies, 0.5),
  p99Ms: percentile(latencies, 0.99),
  lateP99Ms: percentile(lateness, 0.99),
  errors: errors + waiting,
};
console.log(JSON.stringify(result));
process.exit(0);
