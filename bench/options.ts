/** The bench's command line. */

import { parseArgs } from 'node:util';
import { BenchError } from './bench-error.ts';

export const USAGE = `npm run bench -- [options]

  --only <name>         scenarios whose name is this or begins with it
  --gateways <a,b>      only these (ficus, haproxy, nginx, caddy)
  --rounds <n>          interleaved rounds, medians of which are reported (default 3)
  --seconds <n>         measured time of one run (default 5)
  --warmup <n>          seconds before it that don't count (default 3)
  --connections <n>     client connections (default 64)
  --json                one JSON document on standard output instead of tables

  scenarios:
    hop, pair-h1, pair-h2               small requests through one gateway; through a pair over HTTP/1.1, over HTTP/2
    latency[-pair-h1|-pair-h2]          what is added at 1,000 requests a second
    download-1g…, upload-1g…            1 GiB, each alone, -pair-h1 and -pair-h2
    slow-streams-endpoint, …-reader     64 fast connections beside 1,000 streams that are slow at one end (pair-h2)
    grpc                                unary calls, HTTP/2 on every leg (pair-h2; h2load: 8 connections × 8 streams)
    chain                               six middlewares and session cookies beside the bare route
    mirror                              p99 of POSTs with a mirror, and with one that hangs, beside none
    scale                               10,000 routers and 5,000 services: load, change, stall, memory
    prism-none, prism-500, prism-5000   a child that looks at 5,000 VMs of which so many are tagged: CPU a look, memory (always one round)
    resets                              memory after 100,000 requests, 1 % of them reset, three times (pair-h2; always one round)

  example: npm run -s bench -- --only hop --gateways ficus,haproxy --json`;

/** What to run. */
export interface Options {
  readonly only: string;
  /** Undefined: all. */
  readonly gateways: readonly string[] | undefined;
  readonly rounds: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly connections: number;
  readonly json: boolean;
  readonly help: boolean;
}

/** Reads the arguments after the script's name; throws a BenchError for what it doesn't know. */
export function parseOptions(args: readonly string[]): Options {
  const text = (fallback: string) => ({ type: 'string', default: fallback }) as const;
  const flag = { type: 'boolean', default: false } as const;
  const read = () =>
    parseArgs({
      args: [...args],
      options: {
        only: text(''),
        gateways: text(''),
        rounds: text('3'),
        seconds: text('5'),
        warmup: text('3'),
        connections: text('64'),
        json: flag,
        help: flag,
      },
    }).values;
  let values: ReturnType<typeof read>;
  try {
    values = read();
  } catch (error) {
    throw new BenchError((error as Error).message, USAGE);
  }
  return {
    only: values.only,
    gateways: values.gateways === '' ? undefined : values.gateways.split(','),
    rounds: wholeNumber('rounds', values.rounds, 1),
    seconds: wholeNumber('seconds', values.seconds, 1),
    warmupSeconds: wholeNumber('warmup', values.warmup, 0),
    connections: wholeNumber('connections', values.connections, 1),
    json: values.json,
    help: values.help,
  };
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least)) {
    throw new BenchError(
      `--${name} must be a whole number of at least ${least}, found ${JSON.stringify(text)}`,
    );
  }
  return value;
}
