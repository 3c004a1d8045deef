/** The endpoints that gateways lead to: they cost little, so that the gateway is what is measured. */

import { once } from 'node:events';
import { statSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { BenchError } from './bench-error.ts';
import { cores } from './cores.ts';
import { grpcCall } from './load/grpc-call.ts';
import { SMALL_BODY } from './load/small-body.ts';
import { freePorts } from './ports.ts';
import { until, untilReady } from './ready.ts';
import { findCommand, type Sandbox, type Started } from './sandbox.ts';

/** A running endpoint. */
export interface Endpoint {
  /** What it speaks. */
  readonly scheme: 'http' | 'h2c';
  readonly port: number;
  stop(): Promise<void>;
}

/** What nginx answers `GET /hold` with: a beginning at once, the rest slowly, in a type that no gateway holds back. */
const HOLD = `location = /hold {
        default_type text/event-stream; add_header X-Accel-Buffering no;
        limit_rate 700; return 200 '${'x'.repeat(3_900)}';
      }`;

/** An endpoint that answers every GET with the small body: nginx where it is installed, else Node. */
export async function startSmallEndpoint(sandbox: Sandbox): Promise<Endpoint> {
  const nginx = findCommand('nginx');
  return nginx === undefined ? startStreamEndpoint(sandbox) : startNginx(sandbox, nginx, 'access_log off;');
}

/** The small endpoint, which also counts requests: how many of a mirror's copies arrived. */
export interface CountingEndpoint extends Endpoint {
  /** All requests so far; resolves when the log of them is written. */
  requests(): Promise<number>;
}

/** Throws a BenchError where nginx is missing: one in Node would take the load's core from it. */
export async function startCountingEndpoint(sandbox: Sandbox): Promise<CountingEndpoint> {
  const nginx = findCommand('nginx');
  if (nginx === undefined) {
    throw new BenchError(
      'nginx is what copies are sent to and is not installed',
      'apt-get install nginx-light',
    );
  }
  const log = sandbox.file(sandbox.folder('copies'), 'requests', '');
  // A letter and the end of the line for each request, written once a second.
  const endpoint = await startNginx(
    sandbox,
    nginx,
    `log_format one x; access_log ${log} one buffer=64k flush=1s;`,
  );
  return {
    ...endpoint,
    requests: async () => {
      await delay(1_500);
      return statSync(log).size / 2;
    },
  };
}

/** An endpoint that accepts connections and never answers or reads. */
export async function startHangingEndpoint(sandbox: Sandbox): Promise<Endpoint> {
  const [port = 0] = await freePorts(1);
  const process = startScript(sandbox, 'hang.ts', port);
  await until('the endpoint that hangs', [process], async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
    return undefined;
  });
  return { scheme: 'http', port, stop: () => process.stop() };
}

async function startNginx(sandbox: Sandbox, nginx: string, log: string): Promise<Endpoint> {
  const [port = 0] = await freePorts(1);
  const folder = sandbox.folder('endpoint');
  const config = `
    daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr error;
    events { worker_connections 4096; }
    http {
      ${log} keepalive_requests 1000000000; default_type application/json;
      ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
      server { listen 127.0.0.1:${port}; location / { return 200 '${SMALL_BODY}'; } ${HOLD} }
    }`;
  const file = sandbox.file(folder, 'nginx.conf', config);
  return ready(
    port,
    sandbox.start(nginx, ['-e', 'stderr', '-p', folder, '-c', file], { core: cores.endpoint }),
  );
}

/** An endpoint that reads and writes bodies of any size (`load/endpoint.ts`), for the transfers. */
export async function startStreamEndpoint(sandbox: Sandbox): Promise<Endpoint> {
  const [port = 0] = await freePorts(1);
  return ready(port, startScript(sandbox, 'endpoint.ts', port));
}

/** A gRPC endpoint over h2c (`load/grpc-endpoint.ts`). */
export async function startGrpcEndpoint(sandbox: Sandbox): Promise<Endpoint> {
  const [port = 0] = await freePorts(1);
  const process = startScript(sandbox, 'grpc-endpoint.ts', port);
  await until('the gRPC endpoint', [process], () => grpcCall(`http://127.0.0.1:${port}`));
  return { scheme: 'h2c', port, stop: () => process.stop() };
}

function startScript(sandbox: Sandbox, name: string, port: number): Started {
  const script = `${import.meta.dirname}/load/${name}`;
  return sandbox.start(process.execPath, [script, String(port)], { core: cores.endpoint });
}

async function ready(port: number, process: Started): Promise<Endpoint> {
  await untilReady('the endpoint', `http://127.0.0.1:${port}/`, [process]);
  return { scheme: 'http', port, stop: () => process.stop() };
}
