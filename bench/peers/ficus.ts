/** Ficus as the gateway: a parent with one worker for a hop; a parent and a child that joined it for a pair. */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { BenchError } from '../bench-error.ts';
import { cores } from '../cores.ts';
import { freePorts } from '../ports.ts';
import { until } from '../ready.ts';
import type { Started } from '../sandbox.ts';
import { forAll, routeOf } from './ficus-routes.ts';
import { type Gateway, type RunningGateway, type Setting, startOnGatewayCore, whenReady } from './gateway.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** The `ficus` command, run from the built packages. */
export const FICUS_CLI = resolve(ROOT, 'packages/cli/bin/ficus.js');

export const ficus: Gateway = {
  name: 'ficus',
  uplink: 'negotiated',
  leftOut: () => undefined,
  absent: () => (existsSync(FICUS_CLI) ? undefined : 'packages/cli/bin/ficus.js is not there'),
  start: (setting) => (setting.topology === 'hop' ? startHop(setting) : startPair(setting)),
};

async function startHop(setting: Setting): Promise<RunningGateway> {
  const [port = 0] = await freePorts(1);
  const folder = setting.sandbox.folder('ficus');
  const http = routeOf(setting.route, endpointUrl(setting));
  const config = write(setting, folder, 'parent.yaml', {
    ...entryPoint('web', port),
    workers: 1,
    providers: { file: { filename: write(setting, folder, 'dynamic.yaml', { http }) } },
  });
  return whenReady('ficus', port, [ficusOnGatewayCore(setting, 'parent', '--config', config)]);
}

async function startPair(setting: Setting): Promise<RunningGateway> {
  const [port = 0, joinPort = 0, uplinkPort = 0] = await freePorts(3);
  const folder = setting.sandbox.folder('ficus');
  const childState = setting.sandbox.folder('ficus-child-state');
  const config = write(setting, folder, 'parent.yaml', {
    ...entryPoint('web', port),
    workers: 1,
    providers: {
      file: {
        filename: write(setting, folder, 'dynamic.yaml', { http: { routers: forAll('app@multicluster') } }),
      },
      multicluster: { enabled: true },
    },
    join: { address: `127.0.0.1:${joinPort}` },
    stateDirectory: setting.sandbox.folder('ficus-parent-state'),
  });
  const parent = ficusOnGatewayCore(setting, 'parent', '--config', config);
  const started = [parent];
  try {
    const token = await createToken(setting, parent, config);
    const address = ['--address', `127.0.0.1:${uplinkPort}`];
    const trust = ['--token', token.token, '--ca-pin', token.caPin, '--state-directory', childState];
    await runFicus(setting, 'join', `https://127.0.0.1:${joinPort}`, ...trust, ...address);
    const childConfig = write(setting, folder, 'child.yaml', {
      uplinkEntryPoints: { uplink: { address: `127.0.0.1:${uplinkPort}` } },
      workers: 0,
      stateDirectory: childState,
      workloads: { app: { url: endpointUrl(setting) } },
    });
    started.push(ficusOnGatewayCore(setting, 'child', '--config', childConfig));
  } catch (error) {
    await Promise.all(started.map((process) => process.stop()));
    throw error;
  }
  return whenReady('ficus', port, started, uplinkPort);
}

function endpointUrl({ endpoint }: Setting): string {
  return `${endpoint.scheme}://127.0.0.1:${endpoint.port}`;
}

/** Asks until the parent's admin socket answers. */
export async function createToken(
  setting: Pick<Setting, 'sandbox'>,
  parent: Started,
  config: string,
): Promise<{ readonly token: string; readonly caPin: string }> {
  let answer: unknown;
  await until('ficus parent', [parent], async () => {
    const args = ['token', 'create', '--child', 'c1', '--workloads', '*', '--config', config, '--json'];
    answer = JSON.parse(await runFicus(setting, ...args));
    return undefined;
  });
  const { token, caPin } = answer as { token?: unknown; caPin?: unknown };
  if (typeof token !== 'string' || typeof caPin !== 'string') {
    throw new BenchError('ficus token create --json answered without token or caPin');
  }
  return { token, caPin };
}

function entryPoint(name: string, port: number) {
  return { entryPoints: { [name]: { address: `127.0.0.1:${port}` } } };
}

/** JSON is YAML, so nothing needs quoting rules of our own. */
function write(setting: Setting, folder: string, name: string, value: object): string {
  return setting.sandbox.file(folder, name, `${JSON.stringify(value, undefined, 2)}\n`);
}

function ficusOnGatewayCore(setting: Setting, ...args: string[]): Started {
  return startOnGatewayCore(setting, process.execPath, [FICUS_CLI, ...args]);
}

/** Runs the command to its end; its standard output. */
export function runFicus(setting: Pick<Setting, 'sandbox'>, ...args: string[]): Promise<string> {
  return setting.sandbox.run(process.execPath, [FICUS_CLI, ...args], { core: cores.load });
}
