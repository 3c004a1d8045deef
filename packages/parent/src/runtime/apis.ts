/** Starts what people and joining children talk to: the join listener, then the admin API. Loaded only for a mesh. */
import { hostname } from 'node:os';
import type { Clock } from '@ficus/common/clock.ts';
import type { LogLine } from '@ficus/common/log.ts';
import { startAdmin } from '../admin/start-admin.ts';
import type { ParentConfig } from '../config/parent-config.ts';
import { Downloads } from '../install/downloads.ts';
import type { Installs } from '../install/installs.ts';
import { startJoin } from '../join/start-join.ts';
import type { ParentRuntime } from '../runtime-port.ts';
import type { Trust } from './trust.ts';

export interface ApiOptions {
  readonly config: ParentConfig;
  readonly trust: Pick<Trust, 'store' | 'authority'>;
  readonly runtime: ParentRuntime;
  /** What new machines can install from here. */
  readonly installs: Installs;
  readonly clock: Clock;
  readonly log: LogLine;
  readonly stack: AsyncDisposableStack;
}

/** The bound ports; `admin` only when it also listens on TCP. Throws `join.listen`, `admin.*`. */
export async function startApis(options: ApiOptions): Promise<{ join: number; admin: number | undefined }> {
  const { config, trust, runtime, installs, clock, log, stack } = options;
  const { advertise, address, certificateTtlMs } = config.join;
  const advertised = advertise === undefined ? undefined : new URL(advertise);
  const host = advertised?.hostname.replace(/^\[|\]$/g, '') ?? hostname();
  const names = [...new Set([host, hostname(), 'localhost', '127.0.0.1', '::1'])];
  const common = { store: trust.store, authority: trust.authority, runtime, clock, log };
  const join = stack.adopt(
    await startJoin({
      ...common,
      parentName: config.name,
      address,
      names,
      downloads: new Downloads(installs),
      certificateTtlMs,
    }),
    (each) => each.close(),
  );
  const admin = stack.adopt(
    await startAdmin({
      ...common,
      socketPath: config.admin.socket,
      stateDirectory: config.stateDirectory,
      joinUrl: advertise?.replace(/\/$/, '') ?? `https://${host}:${join.port}`,
      ...(config.admin.address === undefined ? {} : { tcpAddress: config.admin.address }),
      insecure: config.admin.insecure ?? false,
      joinNames: names,
      install: () => installs.status,
    }),
    (each) => each.close(),
  );
  return { join: join.port, admin: admin.port };
}
