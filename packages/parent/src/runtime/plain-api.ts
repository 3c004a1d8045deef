/** Starts the admin API of a plain reverse proxy: what is running, explained; nothing of children. Loaded only if wanted. */
import type { Clock } from '@ficus/common/clock.ts';
import type { LogLine } from '@ficus/common/log.ts';
import { startPlainAdmin } from '../admin/start-admin.ts';
import type { ParentConfig } from '../config/parent-config.ts';
import { type ParentRuntimeOptions, parentRuntime } from './parent-runtime.ts';

export interface PlainApiOptions
  extends Omit<ParentRuntimeOptions, 'mesh' | 'decisions' | 'installs' | 'config'> {
  readonly config: ParentConfig;
  readonly clock: Clock;
  readonly log: LogLine;
  readonly stack: AsyncDisposableStack;
}

/** The bound TCP port, when it has one. Throws `admin.*`. */
export async function startPlainApi(options: PlainApiOptions): Promise<{
  readonly join: undefined;
  readonly admin: number | undefined;
}> {
  const { config, clock, log, stack } = options;
  const runtime = parentRuntime({
    ...options,
    mesh: nobody,
    decisions: { problem: undefined },
    installs: { failure: undefined },
  });
  const api = await startPlainAdmin({
    ...{ runtime, clock, log },
    socketPath: config.admin.socket,
    stateDirectory: config.stateDirectory,
    ...(config.admin.address === undefined ? {} : { tcpAddress: config.admin.address }),
    insecure: config.admin.insecure ?? false,
  });
  stack.adopt(api, (each) => each.close());
  return { join: undefined, admin: api.port };
}

const nobody: ParentRuntimeOptions['mesh'] = {
  status: () => [],
  aggregated: () => [],
  follow: () => {},
  drop: () => {},
};
