/** What the bench knows of a gateway: whether it is here, and how to start it. */

import type { Certificates } from '../certificates.ts';
import { cores } from '../cores.ts';
import { untilReady } from '../ready.ts';
import type { Sandbox, Started } from '../sandbox.ts';

/** How requests travel: one plain hop, or parent and child with an uplink of HTTP/1.1 or HTTP/2 over mTLS. */
export type Topology = 'hop' | 'pair-h1' | 'pair-h2';

/**
 * What a hop does besides forwarding. `plain`: nothing. `chain`: middlewares and a weighted service with cookies, for paths
 * below `/chain/`. `mirrored`: a copy of each request to an endpoint on that port.
 */
export type Route =
  | { readonly kind: 'plain' }
  | { readonly kind: 'chain' }
  | { readonly kind: 'mirrored'; readonly mirrorPort: number };

/** What a gateway is started with. */
export interface Setting {
  readonly sandbox: Sandbox;
  readonly topology: Topology;
  /** `plain` in a pair. */
  readonly route: Route;
  /** What clients speak in cleartext: HTTP/1.1, or HTTP/2 with prior knowledge beside it. */
  readonly clients: 'http/1.1' | 'h2c';
  /** What the endpoint speaks, and where it listens on 127.0.0.1. */
  readonly endpoint: { readonly scheme: 'http' | 'h2c'; readonly port: number };
  /** For a peer's uplink; Ficus makes its own by joining. */
  readonly certificates: Certificates;
}

/** A gateway that answers. */
export interface RunningGateway {
  /** Where clients send requests; ends with `/`. */
  readonly url: string;
  /** The processes whose trees are the gateway, for CPU and memory. */
  readonly pids: readonly number[];
  /** Where the child of a pair listens for its parent. */
  readonly uplinkPort: number | undefined;
  stop(): Promise<void>;
}

/** A gateway to compare. */
export interface Gateway {
  readonly name: string;
  /**
   * What its uplink speaks. `configured`: what the topology says, so anything else is a failure. `negotiated`: whatever both
   * ends agree on, no configuration says otherwise, so the topology of the other version does without this gateway.
   */
  readonly uplink: 'configured' | 'negotiated';
  /** Why it has no place in a scenario of that topology, or undefined. */
  leftOut(topology: Topology, scenario: string): string | undefined;
  /** Why it can't be measured here, or undefined. */
  absent(): string | undefined;
  start(setting: Setting): Promise<RunningGateway>;
}

/** Starts one process of a gateway on the gateway's core. */
export function startOnGatewayCore(
  setting: Setting,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Started {
  return setting.sandbox.start(command, args, { core: cores.gateway, env });
}

/** Waits until requests come through; stops the processes when they never do. */
export async function whenReady(
  name: string,
  port: number,
  processes: readonly Started[],
  uplinkPort?: number,
): Promise<RunningGateway> {
  const url = `http://127.0.0.1:${port}/`;
  const stop = async (): Promise<void> => {
    await Promise.all(processes.map((process) => process.stop()));
  };
  try {
    await untilReady(name, url, processes);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, pids: processes.map((process) => process.pid), uplinkPort, stop };
}
