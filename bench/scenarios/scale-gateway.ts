/** Ficus with ten thousand routers in a file of which one object at a time is changed. */

import { once } from 'node:events';
import { renameSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cores } from '../cores.ts';
import { measuringLoops } from '../loop-delays.ts';
import { FICUS_CLI } from '../peers/ficus.ts';
import { freePorts } from '../ports.ts';
import { until } from '../ready.ts';
import type { Sandbox } from '../sandbox.ts';
import { manyRouters, type Variant } from './scale-files.ts';

/** `start`, its router with another service (`router`), and that with another endpoint of it (`service`): neighbours differ in one object. */
export type State = 'start' | 'router' | 'service';

/** What `/` answers in each state. */
export const ANSWERS = { start: 'a', router: 'b', service: 'a' } as const satisfies Record<State, string>;

/** A parent that answers. */
export interface ManyRouters {
  readonly url: string;
  readonly port: number;
  /** The main process; the workers are its children. */
  readonly pid: number;
  /** The folder in which its processes write how long their loops did not turn. */
  readonly delays: string;
  /** From the start of the process to its first answer. */
  readonly loadSeconds: number;
  /** Replaces the file atomically and says when, by `performance.now()`. */
  change(state: State): number;
  stop(): Promise<void>;
}

/** Starts it on all cores: this is about the time until a change is everywhere, and nothing else is to do there but light load. */
export async function startManyRouters(sandbox: Sandbox, workers: number): Promise<ManyRouters> {
  const [a, b] = [await answering('a'), await answering('b')];
  const [firstPort, secondPort] = [portOf(a), portOf(b)];
  const variants: Readonly<Record<State, Variant>> = {
    start: { service: 'first', firstPort, secondPort },
    router: { service: 'second', firstPort, secondPort },
    service: { service: 'second', firstPort, secondPort: firstPort },
  };
  const folder = sandbox.folder('ficus');
  const delays = sandbox.folder('delays');
  const [port = 0] = await freePorts(1);
  const filename = sandbox.file(folder, 'dynamic.yaml', manyRouters(variants.start));
  const config = sandbox.file(
    folder,
    'parent.yaml',
    JSON.stringify({
      entryPoints: { web: { address: `127.0.0.1:${port}` } },
      workers,
      providers: { file: { filename } },
      stateDirectory: sandbox.folder('ficus-state'),
    }),
  );
  const url = `http://127.0.0.1:${port}/`;
  const begin = performance.now();
  const args = [FICUS_CLI, 'parent', '--config', config];
  const gateway = sandbox.start(process.execPath, args, { core: cores.all, env: measuringLoops(delays) });
  const stop = async (): Promise<void> => {
    await gateway.stop();
    for (const server of [a, b]) server.close().closeAllConnections();
  };
  try {
    await until('ficus', [gateway], async () => {
      const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      const body = await response.text();
      return body === ANSWERS.start ? undefined : `${url} answers ${response.status}`;
    });
  } catch (error) {
    await stop();
    throw error;
  }
  const loadSeconds = (performance.now() - begin) / 1_000;
  const change = (state: State): number => {
    // A file of its own each time, as an editor or a deployment writes one.
    const next = sandbox.file(folder, 'next.yaml', manyRouters(variants[state]));
    const changedAt = performance.now();
    renameSync(next, filename);
    return changedAt;
  };
  return { url, port, pid: gateway.pid, delays, loadSeconds, change, stop };
}

async function answering(body: string): Promise<Server> {
  const server = createServer((_, response) => {
    response.setHeader('content-length', body.length);
    response.end(body);
  });
  server.keepAliveTimeout = 0;
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
