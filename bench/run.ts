/** Runs one scenario: interleaved rounds over the gateways, each started afresh for each of its turns. */

import { BenchError } from './bench-error.ts';
import type { Certificates } from './certificates.ts';
import type { Gateway } from './peers/gateway.ts';
import type { Missing } from './report.ts';
import { type Row, type Sample, toRow } from './rows.ts';
import type { Sandbox } from './sandbox.ts';
import type { Load, Scenario } from './scenarios/scenario.ts';

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

/** The rows of one scenario and the gateways that couldn't be measured in it. */
export async function runScenario(run: Run, scenario: Scenario): Promise<{ rows: Row[]; failed: Missing[] }> {
  const taking = run.gateways.filter((gateway) => gateway.topologies.includes(scenario.topology));
  const samples = new Map<Gateway, Sample[]>(taking.map((gateway) => [gateway, []]));
  const failed: Missing[] = [];
  const endpoint = await scenario.startEndpoint(run.sandbox);
  try {
    for (let round = 1; round <= run.rounds; round += 1) {
      for (const [gateway, list] of samples) {
        try {
          const sample = await takeTurn(run, scenario, gateway, endpoint);
          list.push(sample);
          run.progress(`${scenario.name} ${round}/${run.rounds} ${gateway.name}: ${summary(sample)}`);
        } catch (error) {
          if (!(error instanceof BenchError)) throw error;
          samples.delete(gateway);
          failed.push({ gateway: gateway.name, scenario: scenario.name, reason: error.message });
          run.progress(`FAILED: ${gateway.name} in ${scenario.name}: ${error.message}`);
        }
      }
    }
  } finally {
    await endpoint.stop();
  }
  return { rows: [...samples].map(([gateway, list]) => toRow(scenario.name, gateway.name, list)), failed };
}

async function takeTurn(
  { sandbox, certificates, load }: Run,
  scenario: Scenario,
  gateway: Gateway,
  endpoint: Awaited<ReturnType<Scenario['startEndpoint']>>,
): Promise<Sample> {
  const { topology } = scenario;
  const running = await gateway.start({ sandbox, topology, endpointPort: endpoint.port, certificates });
  try {
    return await scenario.measure({ sandbox, gateway: running, endpoint, load });
  } finally {
    await running.stop();
  }
}

function summary(sample: Sample): string {
  const errors = sample.errors > 0 ? `, ERRORS: ${sample.errors}` : '';
  if (sample.cpuSeconds !== undefined) {
    return `${sample.megabytesPerSecond?.toFixed(0)} MB/s, ${sample.cpuSeconds.toFixed(2)} CPU s${errors}`;
  }
  return `${sample.requestsPerSecond.toFixed(0)} requests/s, ${sample.cpuUsPerRequest.toFixed(1)} µs CPU each${errors}`;
}
