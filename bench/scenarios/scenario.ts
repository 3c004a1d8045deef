/** What a scenario is, and the list of them in the order they run. */

import type { Endpoint } from '../endpoint.ts';
import { startGrpcEndpoint, startSmallEndpoint, startStreamEndpoint } from '../endpoint.ts';
import type { Route, RunningGateway, Setting, Topology } from '../peers/gateway.ts';
import type { Sample } from '../rows.ts';
import type { Sandbox } from '../sandbox.ts';
import { measureChain } from './chain.ts';
import { measureGrpc } from './grpc.ts';
import { measureLatency } from './latency.ts';
import { measureMirror } from './mirror.ts';
import { measurePrism } from './prism.ts';
import { measureResets } from './resets.ts';
import { measureScale } from './scale.ts';
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

/** What a measurement has that starts its gateways itself. */
export interface Stage extends Omit<Bench, 'gateway'> {
  /** Starts the gateway whose turn it is; it is stopped after the measurement. */
  start(route: Route): Promise<RunningGateway>;
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
  /** Who has a place in it; by default all. */
  readonly gateways?: readonly string[];
  startEndpoint(sandbox: Sandbox): Promise<Endpoint>;
  /** With a gateway that has the one plain route, or else with what it starts itself. */
  readonly measure:
    | { readonly with: 'gateway'; run(bench: Bench): Promise<Sample> }
    | { readonly with: 'stage'; run(stage: Stage): Promise<Sample> };
}

const withGateway = (run: (bench: Bench) => Promise<Sample>): Scenario['measure'] => ({
  with: 'gateway',
  run,
});
const withStage = (run: (stage: Stage) => Promise<Sample>): Scenario['measure'] => ({ with: 'stage', run });

/** No request is sent through. */
const noEndpoint: Endpoint = { scheme: 'http', port: 0, stop: () => Promise.resolve() };

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
      measure: withGateway(measureThroughput),
    }),
  ),
  ...TOPOLOGIES.map(
    (topology): Scenario => ({
      name: named('latency', topology),
      topology,
      clients: 'http/1.1',
      startEndpoint: startSmallEndpoint,
      measure: withGateway(measureLatency),
    }),
  ),
  ...(['download', 'upload'] as const).flatMap((direction) =>
    TOPOLOGIES.map(
      (topology): Scenario => ({
        name: named(`${direction}-1g`, topology),
        topology,
        clients: 'http/1.1',
        startEndpoint: startStreamEndpoint,
        measure: withGateway((bench) => measureTransfer(bench, direction)),
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
      measure: withGateway((bench) => measureSlowStreams(bench, slowness)),
    }),
  ),
  {
    name: 'grpc',
    topology: 'pair-h2',
    clients: 'h2c',
    needs: 'h2load',
    startEndpoint: startGrpcEndpoint,
    measure: withGateway(measureGrpc),
  },
  {
    name: 'resets',
    topology: 'pair-h2',
    clients: 'h2c',
    rounds: 1,
    startEndpoint: startStreamEndpoint,
    measure: withGateway(measureResets),
  },
  {
    name: 'chain',
    topology: 'hop',
    clients: 'http/1.1',
    needs: 'wrk',
    gateways: ['ficus', 'haproxy'],
    startEndpoint: startSmallEndpoint,
    measure: withStage(measureChain),
  },
  {
    name: 'mirror',
    topology: 'hop',
    clients: 'http/1.1',
    needs: 'wrk',
    gateways: ['ficus'],
    startEndpoint: startSmallEndpoint,
    measure: withStage(measureMirror),
  },
  {
    name: 'scale',
    topology: 'hop',
    clients: 'http/1.1',
    gateways: ['ficus'],
    startEndpoint: startSmallEndpoint,
    measure: withStage(measureScale),
  },
  ...[0, 500, 5000].map(
    (tagged): Scenario => ({
      name: `prism-${tagged === 0 ? 'none' : tagged}`,
      topology: 'hop',
      clients: 'http/1.1',
      rounds: 1,
      gateways: ['ficus'],
      startEndpoint: () => Promise.resolve(noEndpoint),
      measure: withStage((stage) => measurePrism(stage, tagged)),
    }),
  ),
];

function named(kind: string, topology: Topology): string {
  return topology === 'hop' ? kind : `${kind}-${topology}`;
}
