/** For tests: a view of a configuration written as YAML, with endpoints that are down where a test says so. */
import assert from 'node:assert/strict';
import { decodeDynamic } from '../config/dynamic.ts';
import type { EntryPointConfig } from '../config/entry-points.ts';
import { resolve } from '../model/resolve.ts';
import type { ModelFragment } from '../model/resolve-input.ts';
import type { RunningView } from './traefik-api/running.ts';

export interface ViewOptions {
  /** Default: `web` on :80 and, with TLS, `websecure` on :443. */
  readonly entryPoints?: Readonly<Record<string, EntryPointConfig>>;
  /** `host:port` → why it is down; all others are up. */
  readonly down?: Readonly<Record<string, string>>;
  readonly extra?: readonly ModelFragment[];
}

export function viewOf(yaml: string, options: ViewOptions = {}): RunningView {
  const decoded = decodeDynamic(yaml, 'dynamic.yaml');
  assert.ok(decoded.ok, decoded.ok ? '' : JSON.stringify(decoded.problems));
  const sources = [{ provider: 'file', config: decoded.value, at: decoded.at }];
  const { entryPoints = { web: { address: ':80' }, websecure: { address: ':443', http: { tls: {} } } } } =
    options;
  const { model, disabled } = resolve({ entryPoints, dynamic: sources, extra: options.extra ?? [] });
  return {
    running: true,
    model,
    disabled,
    sources,
    entryPoints,
    stateOf: (_service, { host, port }) => {
      const reason = options.down?.[`${host}:${port}`];
      return reason === undefined ? { health: 'up' } : { health: 'down', reason };
    },
  };
}
