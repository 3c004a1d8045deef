/** Runs h2load (nghttp2's HTTP/2 load generator) and reads what it prints. */

import { BenchError } from './bench-error.ts';
import { cores } from './cores.ts';
import { findCommand, type Sandbox } from './sandbox.ts';

/** What one h2load run found. */
export interface H2loadResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly meanMs: number;
  /** Bytes of response bodies. */
  readonly bodyBytes: number;
  /** Requests that broke or timed out, and responses outside 2xx and 3xx. */
  readonly errors: number;
}

/** How hard, and what is sent. */
export interface H2loadOptions {
  readonly seconds: number;
  readonly connections: number;
  /** Streams in flight on each connection. */
  readonly streams: number;
  readonly headers: readonly string[];
  /** A file whose content each request posts. */
  readonly bodyFile: string;
}

export const H2LOAD_MISSING = 'h2load drives the load and is not installed (apt-get install nghttp2-client)';

/** The path of h2load; undefined when it is missing. */
export function findH2load(): string | undefined {
  return findCommand('h2load');
}

/** Drives `url` (http: prior knowledge) with one thread for some seconds. */
export async function runH2load(
  sandbox: Sandbox,
  url: string,
  options: H2loadOptions,
): Promise<H2loadResult> {
  const { seconds, connections, streams, headers, bodyFile } = options;
  const args = ['-t1', `-c${connections}`, `-m${streams}`, `-D${seconds}`, '-d', bodyFile];
  const output = await sandbox.run(
    findH2load() ?? 'h2load',
    [...args, ...headers.flatMap((header) => ['-H', header]), url],
    { core: cores.load },
  );
  return parseH2load(output);
}

/** Reads the text of `h2load -D`. Throws a BenchError when a figure is missing. */
export function parseH2load(text: string): H2loadResult {
  const [, rate] = find(text, /^finished in [\d.]+\w+, ([\d.]+) req\/s/m, 'req/s');
  const [, done, failed] = find(text, /^requests: .* (\d+) done, \d+ succeeded, (\d+) failed,/m, 'requests');
  const [, bytes] = find(text, /^traffic: .*\((\d+)\) data/m, 'traffic');
  const [, mean = ''] = find(text, /^time for request:\s+\S+\s+\S+\s+(\S+)/m, 'time for request');
  return {
    requests: Number(done),
    requestsPerSecond: Number(rate),
    meanMs: milliseconds(mean),
    bodyBytes: Number(bytes),
    // What h2load calls errored and timeout is part of it.
    errors: Number(failed),
  };
}

const UNITS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000 };

function milliseconds(text: string): number {
  const [, number, unit = ''] = /^([\d.]+)([a-z]+)$/.exec(text) ?? [];
  const factor = UNITS[unit];
  if (factor === undefined) throw new BenchError(`h2load wrote a time we don't know: ${text}`);
  return Number(number) * factor;
}

function find(text: string, pattern: RegExp, what: string): RegExpExecArray {
  const found = pattern.exec(text);
  if (found === null) throw new BenchError(`h2load wrote no ${what}: ${text.slice(-400)}`);
  return found;
}
