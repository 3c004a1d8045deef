/** What a scenario is, and the list of them in the order they run. */

import type { Endpoint } from '../endpoint.ts';
import { startGrpcEndpoint, startSmallEndpoint, startStreamEndpoint } from '../endpoint.ts';
import type { RunningGateway, Setting, Topology } from '../peers/gateway.ts';
import type { Sample } from '../rows.ts';
import type { Sandbox } from '../sandbox.ts';
import { measureGrpc } from './grpc.ts';
import { measureLatency } from './latency.ts';
import { measureResets } from './resets.ts';
import { measureSlowStreams } from './slow-streams.ts';
import { measureThroughput } from './throughput.ts';
import { measureTransfer } from './transfer.ts';

/** How hard and how long. */
export interface Load {
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly connections: number;
}

/** What one measurement has to work with. */
export interface Bench {
  readonly sandbox: Sandbox;
  readonly gateway: RunningGateway;
  readonly endpoint: Endpoint;
  readonly load: Load;
}

/** One row name: a topology, the endpoint behind it and a way to measure. */
export interface Scenario {
  readonly name: string;
  readonly topology: Topology;
  readonly clients: Setting['clients'];
  /** The load generator that isn't part of Node. */
  readonly needs?: 'wrk' | 'h2load';
  /** Instead of `--rounds`, where one turn has rounds of its own. */
  readonly rounds?: number;
  startEndpoint(sandbox: Sandbox): Promise<Endpoint>;
  measure(bench: Bench): Promise<Sample>;
}

const TOPOLOGIES = ['hop', 'pair-h1', 'pair-h2'] as const;

/** Throughput rows bear the topology's name; the others are a hop unless their name says otherwise. */
export const scenarios: readonly Scenario[] = [
  ...TOPOLOGIES.map(
    (topology): Scenario => ({
      name: topology,
      topology,
      clients: 'http/1.1',
      needs: 'wrk',
      startEndpoint: startSmallEndpoint,
      measure: measureThroughput,
    }),
  ),
  ...TOPOLOGIES.map(
    (topology): Scenario => ({
      name: named('latency', topology),
      topology,
      clients: 'http/1.1',
      startEndpoint: startSmallEndpoint,
      measure: measureLatency,
    }),
  ),
  ...(['download', 'upload'] as const).flatMap((direction) =>
    TOPOLOGIES.map(
      (topology): Scenario => ({
        name: named(`${direction}-1g`, topology),
        topology,
        clients: 'http/1.1',
        startEndpoint: startStreamEndpoint,
        measure: (bench: Bench) => measureTransfer(bench, direction),
      }),
    ),
  ),
  ...(['endpoint', 'reader'] as const).map(
    (slowness): Scenario => ({
      name: `slow-streams-${slowness}`,
      topology: 'pair-h2',
      clients: 'http/1.1',
      needs: 'wrk',
      startEndpoint: startStreamEndpoint,
      measure: (bench) => measureSlowStreams(bench, slowness),
    }),
  ),
  {
    name: 'grpc',
    topology: 'pair-h2',
    clients: 'h2c',
    needs: 'h2load',
    startEndpoint: startGrpcEndpoint,
    measure: measureGrpc,
  },
  {
    name: 'resets',
    topology: 'pair-h2',
    clients: 'h2c',
    rounds: 1,
    startEndpoint: startStreamEndpoint,
    measure: measureResets,
  },
];

function named(kind: string, topology: Topology): string {
  return topology === 'hop' ? kind : `${kind}-${topology}`;
}
