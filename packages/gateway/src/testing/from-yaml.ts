/** A gateway that serves a file of dynamic configuration, as a parent would read it. */
import type { Clock } from '@ficus/common/clock.ts';
import { decodeDynamic } from '../config/dynamic.ts';
import type { EntryPointConfig } from '../config/entry-points.ts';
import type { Model } from '../model/model.ts';
import { resolve } from '../model/resolve.ts';
import { startGateway, type TestGateway } from './gateway.ts';

export interface FileOptions {
  readonly clock?: Clock;
  readonly workers?: number;
  /** The entrypoint `web`, beside its address. */
  readonly web?: Omit<EntryPointConfig, 'address'>;
}

/** The model of `text`; throws with every problem there is. */
export function modelFrom(text: string, options: FileOptions = {}): Model {
  const decoded = decodeDynamic(text, 'dynamic.yaml');
  if (!decoded.ok) throw new Error(decoded.problems.map(({ message }) => message).join('\n'));
  const resolved = resolve({
    dynamic: [{ provider: 'file', config: decoded.value }],
    entryPoints: { web: { address: '127.0.0.1:0', ...options.web } },
  });
  const mistakes = resolved.disabled.map(({ kind, name, reason }) => `${kind} ${name}: ${reason}`);
  if (mistakes.length > 0) throw new Error(mistakes.join('\n'));
  return resolved.model;
}

export function gatewayFrom(text: string, options: FileOptions = {}): Promise<TestGateway> {
  const { clock, workers } = options;
  return startGateway({
    model: modelFrom(text, options),
    ...(clock === undefined ? {} : { clock }),
    ...(workers === undefined ? {} : { workers }),
  });
}

/** Load balancers by name, each with these ports of this machine. */
export function balancers(ports: Readonly<Record<string, readonly number[]>>): string {
  return Object.entries(ports)
    .map(([name, each]) => {
      const servers = each.map((port) => `{ url: "http://127.0.0.1:${port}" }`).join(', ');
      return `    ${name}: { loadBalancer: { servers: [${servers}] } }`;
    })
    .join('\n');
}
