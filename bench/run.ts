/** Runs one scenario: interleaved rounds over the gateways, each started afresh for each of its turns. */

import { BenchError, LeftOut } from './bench-error.ts';
import type { Certificates } from './certificates.ts';
import { connectionsTo } from './connections.ts';
import type { Gateway, Route, RunningGateway } from './peers/gateway.ts';
import type { Missing } from './report.ts';
import { type Row, type Sample, toRow } from './rows.ts';
import type { Sandbox } from './sandbox.ts';
import type { Load, Scenario } from './scenarios/scenario.ts';
import { uplinkProtocol } from './uplink-protocol.ts';

/** What all scenarios of a run share. */
export interface Run {
  readonly sandbox: Sandbox;
  readonly certificates: Certificates;
  readonly gateways: readonly Gateway[];
  readonly rounds: number;
  readonly load: Load;
  /** Told each step as it happens. */
  progress(line: string): void;
}

/** The rows of one scenario and the gateways that have no place in it or couldn't be measured. */
export interface Outcome {
  readonly rows: Row[];
  readonly leftOut: Missing[];
  readonly failed: Missing[];
}

/** Takes the turns of one scenario. */
export async function runScenario(run: Run, scenario: Scenario): Promise<Outcome> {
  const present = run.gateways.filter(({ name }) => scenario.gateways?.includes(name) ?? true);
  const samples = new Map<Gateway, Sample[]>(present.map((gateway) => [gateway, []]));
  const rounds = scenario.rounds ?? run.rounds;
  const leftOut: Missing[] = [];
  const failed: Missing[] = [];
  const endpoint = await scenario.startEndpoint(run.sandbox);
  try {
    for (let round = 1; round <= rounds; round += 1) {
      for (const [gateway, list] of samples) {
        try {
          const sample = await takeTurn(run, scenario, gateway, endpoint);
          list.push(sample);
          run.progress(`${scenario.name} ${round}/${rounds} ${gateway.name}: ${summary(sample)}`);
        } catch (error) {
          if (!(error instanceof BenchError)) throw error;
          samples.delete(gateway);
          const [list, word] = error instanceof LeftOut ? [leftOut, 'LEFT OUT'] : [failed, 'FAILED'];
          list.push({ gateway: gateway.name, scenario: scenario.name, reason: error.message });
          run.progress(`${word}: ${gateway.name} in ${scenario.name}: ${error.message}`);
        }
      }
    }
  } finally {
    await endpoint.stop();
  }
  const rows = [...samples].map(([gateway, list]) => toRow(scenario.name, gateway.name, list));
  return { rows, leftOut, failed };
}

async function takeTurn(
  { sandbox, certificates, load }: Run,
  scenario: Scenario,
  gateway: Gateway,
  endpoint: Awaited<ReturnType<Scenario['startEndpoint']>>,
): Promise<Sample> {
  const { topology, clients, measure } = scenario;
  const reason = gateway.leftOut(topology, scenario.name);
  if (reason !== undefined) throw new LeftOut(reason);
  const started: RunningGateway[] = [];
  const start = async (route: Route): Promise<RunningGateway> => {
    const running = await gateway.start({ sandbox, topology, route, clients, endpoint, certificates });
    started.push(running);
    return running;
  };
  try {
    if (measure.with === 'stage') return await measure.run({ sandbox, endpoint, load, start });
    const running = await start({ kind: 'plain' });
    const { uplinkPort } = running;
    if (uplinkPort === undefined) return await measure.run({ sandbox, gateway: running, endpoint, load });
    await assertUplink(gateway, running, uplinkPort, topology);
    const sample = await measure.run({ sandbox, gateway: running, endpoint, load });
    return { uplinkConnections: connectionsTo(uplinkPort), ...sample };
  } finally {
    await Promise.all(started.map((running) => running.stop()));
  }
}

/** A gateway that fell back to another HTTP version would give a figure under the wrong name. */
async function assertUplink(
  gateway: Gateway,
  running: RunningGateway,
  uplinkPort: number,
  topology: Scenario['topology'],
): Promise<void> {
  const { protocol, connections } = await uplinkProtocol(running, uplinkPort);
  if (protocol === topology) return;
  const version = { 'pair-h1': 'HTTP/1.1', 'pair-h2': 'HTTP/2' }[protocol];
  const reason = `its uplink speaks ${version} (${connections} connections for requests held open at once)`;
  throw new (gateway.uplink === 'negotiated' ? LeftOut : BenchError)(reason);
}

function summary(sample: Sample): string {
  const errors = sample.errors > 0 ? `, ERRORS: ${sample.errors}` : '';
  if (sample.cpuSeconds !== undefined) {
    return `${sample.megabytesPerSecond?.toFixed(0)} MB/s, ${sample.cpuSeconds.toFixed(2)} CPU s${errors}`;
  }
  if (sample.lookCpuSeconds !== undefined) {
    return `${sample.lookCpuSeconds.toFixed(3)} CPU s a look, ${sample.peakMemoryMiB.toFixed(1)} MiB${errors}`;
  }
  return `${sample.requestsPerSecond.toFixed(0)} requests/s, ${sample.cpuUsPerRequest.toFixed(1)} µs CPU each${errors}`;
}
