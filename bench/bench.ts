/** The benchmark's root: Ficus beside HAProxy, nginx and Caddy in one run. `npm run bench -- --help` */

import { cpus, release } from 'node:os';
import { verdicts } from './bars.ts';
import { BenchError } from './bench-error.ts';
import { makeCertificates } from './certificates.ts';
import { findH2load, H2LOAD_MISSING } from './h2load.ts';
import { type Options, parseOptions, USAGE } from './options.ts';
import { caddy } from './peers/caddy.ts';
import { ficus } from './peers/ficus.ts';
import { haproxy } from './peers/haproxy.ts';
import { nginx } from './peers/nginx.ts';
import { complaints, type Missing, type Report, toText, wentWrong } from './report.ts';
import { type Row, withRatios } from './rows.ts';
import { type Run, runScenario } from './run.ts';
import { Sandbox } from './sandbox.ts';
import { type Scenario, scenarios } from './scenarios/scenario.ts';
import { requireWrk } from './wrk.ts';

const ALL = [ficus, haproxy, nginx, caddy];

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    console.log(USAGE);
    return;
  }
  const chosen = chooseScenarios(options.only);
  const wanted = chooseGateways(options.gateways);
  requireLinux();
  if (chosen.some((scenario) => scenario.needs === 'wrk')) requireWrk();

  const at = new Date().toISOString();
  const absent = wanted.flatMap((gateway): Missing[] => {
    const reason = gateway.absent();
    return reason === undefined ? [] : [{ gateway: gateway.name, reason }];
  });
  const present = wanted.filter((gateway) => gateway.absent() === undefined);
  const run = await prepare(options, present);
  for (const { gateway, reason } of absent) run.progress(`ABSENT: ${gateway}: ${reason}`);

  const rows: Row[] = [];
  const leftOut: Missing[] = [];
  const failed: Missing[] = [];
  for (const scenario of chosen) {
    if (scenario.needs === 'h2load' && findH2load() === undefined) {
      run.progress(`FAILED: every gateway in ${scenario.name}: ${H2LOAD_MISSING}`);
      failed.push({ gateway: 'every gateway', scenario: scenario.name, reason: H2LOAD_MISSING });
      continue;
    }
    const outcome = await runScenario(run, scenario);
    rows.push(...outcome.rows);
    leftOut.push(...outcome.leftOut);
    failed.push(...outcome.failed);
  }
  const report: Report = {
    at,
    machine: machine(),
    rounds: options.rounds,
    seconds: options.seconds,
    ...judged(chosen, rows),
    absent,
    leftOut,
    failed,
  };
  console.log(options.json ? JSON.stringify(report, undefined, 2) : toText(report));
  if (options.json) for (const line of complaints(report)) run.progress(line);
  // Figures with failed requests in them must not pass for good ones in a script.
  if (wentWrong(report)) process.exitCode = 1;
}

function judged(chosen: readonly Scenario[], all: readonly Row[]): Pick<Report, 'rows' | 'bars'> {
  const rows = withRatios(all);
  const names = chosen.map((scenario) => scenario.name);
  return { rows, bars: verdicts(names, rows) };
}

async function prepare(options: Options, gateways: Run['gateways']): Promise<Run> {
  const { rounds, seconds, warmupSeconds, connections } = options;
  const sandbox = new Sandbox();
  const certificates = await makeCertificates(sandbox);
  // Standard output is for the result alone.
  const progress = (line: string): void => console.error(line);
  return { sandbox, certificates, gateways, rounds, load: { seconds, warmupSeconds, connections }, progress };
}

function chooseScenarios(only: string): readonly Scenario[] {
  const chosen = scenarios.filter((scenario) => scenario.name.startsWith(only));
  if (chosen.length === 0) {
    const names = scenarios.map((scenario) => scenario.name).join(', ');
    throw new BenchError(`no scenario begins with ${JSON.stringify(only)}`, `one of ${names}`);
  }
  return chosen;
}

function chooseGateways(names: Options['gateways']): typeof ALL {
  const known = ALL.map((gateway) => gateway.name);
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new BenchError(`no gateway is called ${JSON.stringify(unknown)}`, `one of ${known.join(', ')}`);
  }
  return ALL.filter((gateway) => names === undefined || names.includes(gateway.name));
}

/** The figures come from /proc and the pinning from taskset. */
function requireLinux(): void {
  if (process.platform !== 'linux') {
    throw new BenchError(
      `the bench needs Linux, found ${process.platform}`,
      'run it in a Linux machine or container',
    );
  }
}

function machine(): string {
  const all = cpus();
  return `${all.length} × ${all[0]?.model ?? 'unknown CPU'}, Linux ${release()}`;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof BenchError)) throw error;
  console.error(`bench: ${error.message}`);
  if (error.remedy !== undefined) console.error(error.remedy);
  process.exitCode = 1;
}
process.exit();
