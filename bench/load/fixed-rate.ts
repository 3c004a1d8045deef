/**
 * Sends requests at a fixed rate, open loop: a slow answer never holds back the next request.
 * Run: fixed-rate.ts <url> <requests per second> <seconds> <warm-up seconds> [connections [body bytes]]; prints a FixedRateResult.
 * With `connections`, so many are opened beforehand and used in turn; without, a new one when none is free. With `body bytes`
 * they are POSTs with so long a body, else GETs.
 */

import { percentile, typicalPercentile } from '../stats.ts';
import { HttpConnection } from './http-connection.ts';

/** Latencies from the moment a request is sent, or queued for want of a free connection, to its answer's last byte, milliseconds. */
export interface FixedRateResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The median of each second's p99. */
  readonly typicalP99Ms: number;
  /** How late requests left after their due time (timers have whole milliseconds): the client's own fault. */
  readonly lateP99Ms: number;
  /** Answers other than 200, broken connections, and requests without an answer at the end. */
  readonly errors: number;
}

/** With more than this in flight, requests queue, and their wait counts: endless connections would be a load of their own. */
const MAX_CONNECTIONS = 64;
const LINGER_MS = 2_000;

const [text = '', ...figures] = process.argv.slice(2);
const [rate = 0, seconds = 0, warmup = 0, inTurn = 0, bodyBytes = 0] = figures.map(Number);
const url = new URL(text);
interface Request {
  readonly measured: boolean;
  readonly begin: number;
}

const free: HttpConnection[] = [];
const queue: Request[] = [];
let connections = 0;
const answers: { readonly at: number; readonly value: number }[] = [];
const lateness: number[] = [];
let errors = 0;
let waiting = 0;

/** Sends one request on a free connection or a new one, or queues it; `measured` says whether it counts. */
function send(request: Request): void {
  waiting += 1;
  const connection = inTurn > 0 ? free.shift() : free.pop();
  if (connection !== undefined) void exchange(connection, request);
  else if (connections < MAX_CONNECTIONS) void exchange(connect(), request);
  else queue.push(request);
}

async function exchange(on: HttpConnection | Promise<HttpConnection>, request: Request): Promise<void> {
  try {
    const connection = await on;
    const { status } = await connection.ask();
    if (request.measured) answers.push({ at: request.begin, value: performance.now() - request.begin });
    if (status !== 200) errors += 1;
    if (connection.usable) free.push(connection);
    else connections -= 1;
  } catch {
    errors += 1;
    connections -= 1;
  }
  waiting -= 1;
  const next = queue.shift();
  if (next !== undefined) {
    waiting -= 1; // send counts it again
    send(next);
  }
}

function connect(): Promise<HttpConnection> {
  connections += 1;
  return HttpConnection.open(url, bodyBytes);
}

free.push(...(await Promise.all(Array.from({ length: inTurn }, connect))));
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
      send({ measured, begin: performance.now() });
    }
    if (sent >= total && (waiting === 0 || now > (warmup + seconds) * 1_000 + LINGER_MS)) {
      clearInterval(tick);
      resolve();
    }
  }, 1);
});
answers.sort((a, b) => a.at - b.at);
const latencies = answers.map(({ value }) => value);
const result: FixedRateResult = {
  requests: latencies.length,
  requestsPerSecond: latencies.length / seconds,
  p50Ms: percentile(latencies, 0.5),
  p99Ms: percentile(latencies, 0.99),
  typicalP99Ms: typicalPercentile(answers, 0.99, 1_000),
  lateP99Ms: percentile(lateness, 0.99),
  errors: errors + waiting,
};
console.log(JSON.stringify(result));
process.exit(0);
