/** What a scenario is, and the list of them in the order they run. */

import type { Endpoint } from '../endpoint.ts';
import { startSmallEndpoint, startStreamEndpoint } from '../endpoint.ts';
import type { RunningGateway, Topology } from '../peers/gateway.ts';
import type { Sample } from '../rows.ts';
import type { Sandbox } from '../sandbox.ts';
import { measureLatency } from './latency.ts';
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
  readonly needsWrk: boolean;
  startEndpoint(sandbox: Sandbox): Promise<Endpoint>;
  measure(bench: Bench): Promise<Sample>;
}

const TOPOLOGIES = ['hop', 'pair-h1', 'pair-h2'] as const;

/** Throughput rows bear the topology's name; the others are a hop unless their name says otherwise. */
export const scenarios: readonly Scenario[] = [
  ...TOPOLOGIES.map((topology) => ({
    name: topology,
    topology,
    needsWrk: true,
    startEndpoint: startSmallEndpoint,
    measure: measureThroughput,
  })),
  ...TOPOLOGIES.map((topology) => ({
    name: named('latency', topology),
    topology,
    needsWrk: false,
    startEndpoint: startSmallEndpoint,
    measure: measureLatency,
  })),
  ...(['download', 'upload'] as const).flatMap((direction) =>
    TOPOLOGIES.map((topology) => ({
      name: named(`${direction}-1g`, topology),
      topology,
      needsWrk: false,
      startEndpoint: startStreamEndpoint,
      measure: (bench: Bench) => measureTransfer(bench, direction),
    })),
  ),
];

function named(kind: string, topology: Topology): string {
  return topology === 'hop' ? kind : `${kind}-${topology}`;
}
