/** The dynamic configuration in `child.yaml` itself: its `http` and `tls`, and the short form `workloads`. */
import { dirname, resolve } from 'node:path';
import type { At } from '@ficus/common/config/decode.ts';
import { formatProblem } from '@ficus/common/config/problem.ts';
import { absoluteFiles } from '@ficus/gateway/config/file-references.ts';
import { loadFiles } from '@ficus/gateway/config/load-files.ts';
import type { DynamicSource } from '@ficus/gateway/model/resolve-input.ts';
import type { ChildConfig } from '../config/child-config.ts';
import { readChildConfig, refused } from '../state/load-config.ts';

export interface OwnSources {
  readonly config: ChildConfig;
  readonly sources: readonly DynamicSource[];
}

/** Reads the file anew. Throws `config.missing` or `config.refused`. */
export async function readOwnSources(configFile: string): Promise<OwnSources> {
  const { config, at } = await readChildConfig(configFile);
  const inline = absoluteFiles(config.inline, dirname(resolve(configFile)));
  const { files, problems, unread } = await loadFiles(inline, at);
  if (problems.length > 0) throw refused(problems.map(formatProblem));
  return {
    config,
    sources: [
      { provider: 'child', config: inline, at, files, unread },
      { provider: 'workloads', config: config.workloads, at: atWorkload(at) },
    ],
  };
}

/** `http.services.orders.…` of the spelt-out form was written as `workloads.orders`. */
function atWorkload(at: At): At {
  return (path, place) => at(path.length > 2 ? ['workloads', path[2] as string] : ['workloads'], place);
}

/** Keys whose change waits for the next start. */
const staticKeys = [
  'name',
  'stateDirectory',
  'workers',
  'uplinkEntryPoints',
  'entryPoints',
  'file',
  'prism',
] as const;

/** Those of them that differ. */
export function staticChanges(from: ChildConfig, to: ChildConfig): readonly string[] {
  return staticKeys.filter((key) => JSON.stringify(from[key]) !== JSON.stringify(to[key]));
}
