/** Runs wrk and reads what it prints. */

import { BenchError } from './bench-error.ts';
import { cores } from './cores.ts';
import { findCommand, type Sandbox } from './sandbox.ts';

/** What one wrk run found. */
export interface WrkResult {
  readonly requests: number;
  /** How long it ran by its own clock, seconds. */
  readonly seconds: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Responses outside 2xx and 3xx, and connect, read, write and timeout errors. */
  readonly errors: number;
}

/** Throws a BenchError that says how to install wrk when it is missing. */
export function requireWrk(): string {
  const wrk = findCommand('wrk');
  if (wrk === undefined)
    throw new BenchError('wrk drives the load and is not installed', 'apt-get install wrk');
  return wrk;
}

/** How hard wrk drives, how long, and what it sends. */
export interface WrkLoad {
  readonly seconds: number;
  readonly connections: number;
  /** Header lines of each request, such as `cookie: a=b`. */
  readonly headers?: readonly string[];
  /** A POST with this body instead of a GET. */
  readonly body?: string;
}

/** Drives `url` with one thread for some seconds over `connections` keep-alive connections. */
export async function runWrk(
  sandbox: Sandbox,
  url: string,
  { seconds, connections, headers = [], body }: WrkLoad,
): Promise<WrkResult> {
  const script = body && `wrk.method = "POST"\nwrk.body = ${JSON.stringify(body)}\n`;
  const args = [
    ...['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '--latency'],
    ...headers.flatMap((header) => ['-H', header]),
    ...(script === undefined ? [] : ['-s', sandbox.file(sandbox.folder('wrk'), 'post.lua', script)]),
    url,
  ];
  return parseWrk(await sandbox.run(requireWrk(), args, { core: cores.load }));
}

/** Reads the text of `wrk --latency`. Throws a BenchError when a figure is missing. */
export function parseWrk(text: string): WrkResult {
  const [, requests = '', duration = ''] = find(text, /^\s*(\d+) requests in ([\d.]+\w+),/m, 'requests');
  const socket = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text) ?? [];
  const refused = /Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? '0';
  return {
    requests: Number(requests),
    seconds: milliseconds(duration) / 1_000,
    requestsPerSecond: Number(find(text, /^Requests\/sec:\s+([\d.]+)/m, 'Requests/sec')[1]),
    p50Ms: milliseconds(find(text, /^\s+50%\s+([\d.]+\w+)/m, '50%')[1] ?? ''),
    p99Ms: milliseconds(find(text, /^\s+99%\s+([\d.]+\w+)/m, '99%')[1] ?? ''),
    errors: [refused, ...socket.slice(1)].reduce((sum, count) => sum + Number(count), 0),
  };
}

const UNITS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

function milliseconds(text: string): number {
  const [, number, unit = ''] = /^([\d.]+)([a-z]+)$/.exec(text) ?? [];
  const factor = UNITS[unit];
  if (factor === undefined) throw new BenchError(`wrk wrote a time we don't know: ${text}`);
  return Number(number) * factor;
}

function find(text: string, pattern: RegExp, what: string): RegExpExecArray {
  const found = pattern.exec(text);
  if (found === null) throw new BenchError(`wrk wrote no ${what}: ${text.slice(-400)}`);
  return found;
}
