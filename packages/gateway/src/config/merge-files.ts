/** Several decoded files → one dynamic configuration, each value still knowing its file. Pure. */
import type { At } from '@ficus/common/config/decode.ts';
import type { ConfigProblem } from '@ficus/common/config/problem.ts';
import type { DynamicConfig } from './dynamic.ts';

export interface DecodedFile {
  readonly file: string;
  readonly config: DynamicConfig;
  readonly at: At;
}

/** Objects that have names, by where they stand. */
const groups = [
  ...['routers', 'services', 'middlewares', 'serversTransports', 'uplinks'].map(
    (group) => ['http', group] as const,
  ),
  ...['stores', 'options'].map((group) => ['tls', group] as const),
];

/**
 * The same name in two files is a problem, for neither can be meant to win; it is said of the later one, or of the one
 * that is not `settled` (as it was when all was well). Certificates follow one another.
 */
export function mergeFiles(
  files: readonly DecodedFile[],
  settled: ReadonlySet<string> = new Set(),
): {
  readonly config: DynamicConfig;
  readonly at: At;
  readonly problems: readonly ConfigProblem[];
} {
  // Nothing to merge, and what did not change stays the same object.
  if (files.length === 1) return { config: files[0]!.config, at: files[0]!.at, problems: [] };
  const problems: ConfigProblem[] = [];
  const merged: Record<'http' | 'tls', Record<string, Record<string, unknown>>> = { http: {}, tls: {} };
  const owners = new Map<string, DecodedFile>();
  const certificates: { pair: unknown; owner: DecodedFile; index: number }[] = [];
  for (const owner of files) {
    for (const [section, group] of groups) {
      const values = (owner.config[section] as Record<string, Record<string, unknown>> | undefined)?.[group];
      for (const [name, value] of Object.entries(values ?? {})) {
        const path = [section, group, name];
        const other = owners.get(JSON.stringify(path));
        if (other !== undefined) {
          const newer = settled.has(owner.file) && !settled.has(other.file) ? other : owner;
          const older = newer === owner ? other : owner;
          const { line } = older.at(path, 'key');
          const message = `${JSON.stringify(name)} is also in ${older.file}:${line}; keep one`;
          problems.push({ ...newer.at(path, 'key'), path, message });
          continue;
        }
        owners.set(JSON.stringify(path), owner);
        merged[section][group] ??= {};
        merged[section][group][name] = value;
      }
    }
    for (const [index, pair] of (owner.config.tls?.certificates ?? []).entries()) {
      certificates.push({ pair, owner, index });
    }
  }
  const at: At = (path, place) => {
    const owner = owners.get(JSON.stringify(path.slice(0, 3)));
    if (owner !== undefined) return owner.at(path, place);
    const certificate = path[1] === 'certificates' ? certificates[Number(path[2])] : undefined;
    if (certificate !== undefined) {
      return certificate.owner.at(['tls', 'certificates', certificate.index, ...path.slice(3)], place);
    }
    return files[0]?.at([]) ?? { file: '', line: 1, column: 1 };
  };
  const tls = {
    ...(certificates.length === 0 ? {} : { certificates: certificates.map(({ pair }) => pair) }),
    ...merged.tls,
  };
  const config = {
    ...(Object.keys(merged.http).length === 0 ? {} : { http: merged.http }),
    ...(Object.keys(tls).length === 0 ? {} : { tls }),
  } as DynamicConfig;
  return { config, at, problems };
}
