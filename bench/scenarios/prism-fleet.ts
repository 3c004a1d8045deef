/** A simulated Prism Central with thousands of VMs, and a parent and a child that joined it and asks there. */

import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BenchError } from '../bench-error.ts';
import { cores } from '../cores.ts';
import { createToken, FICUS_CLI, runFicus } from '../peers/ficus.ts';
import { freePorts } from '../ports.ts';
import { until } from '../ready.ts';
import type { Sandbox, Started } from '../sandbox.ts';

const SIMULATOR = join(import.meta.dirname, '../../test/prism/main.ts');
const SERVICES = 50;
/** Every VM of the fleet has a value of this key. */
const OF_ALL = 'TraefikServiceName';

/** One request that the simulator has answered. */
export interface Asked {
  readonly path: string;
  readonly status: number;
}

export interface PrismFleet {
  /** The child's process; it has no workers. */
  readonly child: number;
  /** The newest ten thousand requests. */
  asked(): Promise<readonly Asked[]>;
  /** Gives a VM a value of the key that the child looks for. */
  tag(vm: string, value: string): Promise<void>;
  /** Names that the parent knows from the child's advertisement. */
  advertised(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** `tagged` of the `vms` carry the child's category, spread over fifty services; resolves when all of these are advertised. */
export async function startPrismFleet(sandbox: Sandbox, vms: number, tagged: number): Promise<PrismFleet> {
  const started: Started[] = [];
  const stop = async (): Promise<void> => {
    for (const process of started.reverse()) await process.stop();
  };
  try {
    const simulator = await startSimulator(sandbox, started);
    const key = tagged === vms ? OF_ALL : 'Bench';
    await simulator.post('fleet', { count: vms, services: SERVICES });
    const tag = (vm: string, value: string) => simulator.post('tag', { vm, key, value });
    if (key !== OF_ALL) for (let i = 0; i < tagged; i += 1) await tag(nameOf(i), `service-${i % SERVICES}`);
    const { child, socket } = await startPair(sandbox, started, simulator.provider(key));
    const advertised = async () => {
      const { uplinks } = (await get(socket, '/v1/uplinks')) as { uplinks: { name: string }[] };
      return uplinks.map(({ name }) => name);
    };
    const fleet = { child, tag, advertised, asked: simulator.asked, stop };
    await until('the child', started, async () => {
      const { length } = await advertised();
      return length === Math.min(tagged, SERVICES) ? undefined : `${length} uplinks`;
    });
    return fleet;
  } catch (error) {
    await stop();
    throw error;
  }
}

function nameOf(index: number): string {
  return `fleet-${String(index).padStart(5, '0')}`;
}

async function startSimulator(sandbox: Sandbox, started: Started[]) {
  const args = ['--conditions=source', SIMULATOR, '--port', '0', '--control-port', '0'];
  // It would else be on the child's core.
  const process_ = sandbox.start(process.execPath, args, { core: cores.endpoint });
  started.push(process_);
  const told = (pattern: RegExp) => pattern.exec(process_.output().stdout)?.[1] ?? '';
  await until('prism-sim', [process_], async () => (told(/^control\s+(\S+)/m) === '' ? 'no URL' : undefined));
  const [url, ca, key, control] = [
    /^Prism.*(https:\S+)/m,
    /^CA\s+(\S+)/m,
    /key\s+(\S+)/m,
    /^control\s+(\S+)/m,
  ];
  return {
    provider: (serviceNameCategoryKey: string) => ({
      ...{ endpoint: told(url), apiKey: told(key), tls: { ca: told(ca) } },
      ...{ pollInterval: '2s', serviceNameCategoryKey },
    }),
    asked: async () => (await (await fetch(`${told(control)}/requests`)).json()) as Asked[],
    async post(name: string, body: object): Promise<void> {
      const answer = await fetch(`${told(control)}/${name}`, { method: 'POST', body: JSON.stringify(body) });
      if (!answer.ok) throw new BenchError(`prism-sim, ${name}: ${await answer.text()}`);
      await answer.arrayBuffer();
    },
  };
}

async function startPair(sandbox: Sandbox, started: Started[], nutanixPrismCentral: object) {
  const [web = 0, joinPort = 0, uplinkPort = 0] = await freePorts(3);
  const folder = sandbox.folder('prism');
  const [state, childState] = [sandbox.folder('prism-parent-state'), sandbox.folder('prism-child-state')];
  const write = (name: string, value: object) => sandbox.file(folder, name, JSON.stringify(value));
  const ficus = (...args: string[]) => {
    const one = sandbox.start(process.execPath, [FICUS_CLI, ...args], { core: cores.gateway });
    started.push(one);
    return one;
  };
  const config = write('parent.yaml', {
    entryPoints: { web: { address: `127.0.0.1:${web}` } },
    workers: 1,
    providers: { multicluster: { enabled: true } },
    join: { address: `127.0.0.1:${joinPort}` },
    stateDirectory: state,
  });
  const token = await createToken({ sandbox }, ficus('parent', '--config', config), config);
  const trust = ['--token', token.token, '--ca-pin', token.caPin, '--state-directory', childState];
  const address = ['--address', `127.0.0.1:${uplinkPort}`];
  await runFicus({ sandbox }, 'join', `https://127.0.0.1:${joinPort}`, ...trust, ...address);
  const childConfig = write('child.yaml', {
    uplinkEntryPoints: { uplink: { address: `127.0.0.1:${uplinkPort}` } },
    workers: 0,
    stateDirectory: childState,
    providers: { nutanixPrismCentral },
  });
  return { child: ficus('child', '--config', childConfig).pid, socket: join(state, 'admin.sock') };
}

/** Waits until `condition` holds; throws a BenchError after `withinMs`. */
export async function eventually(what: string, withinMs: number, condition: () => Promise<boolean>) {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new BenchError(`${what}: not within ${withinMs} ms`);
    await delay(20);
  }
}

function get(socketPath: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => void chunks.push(chunk));
      response.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString())));
    });
    asked.on('error', reject).end();
  });
}
