/** Several decoded files → one dynamic configuration, each value still knowing its file. Pure. */
import type { At } from '@ficus/common/config/decode.ts';
import type { ConfigProblem } from '@ficus/common/config/problem.ts';
import type { DynamicConfig } from './dynamic.ts';

export interface DecodedFile {
  readonly file: string;
  readonly config: DynamicConfig;
  readonly at: At;
}

const groups = ['routers', 'services', 'middlewares', 'serversTransports', 'uplinks'] as const;

/** The same name in two files is a problem, for neither can be meant to win. Certificates follow one another. */
export function mergeFiles(files: readonly DecodedFile[]): {
  readonly config: DynamicConfig;
  readonly at: At;
  readonly problems: readonly ConfigProblem[];
} {
  const problems: ConfigProblem[] = [];
  const http: Record<string, Record<string, unknown>> = {};
  const owners = new Map<string, DecodedFile>();
  const certificates: { pair: unknown; owner: DecodedFile; index: number }[] = [];
  for (const owner of files) {
    for (const group of groups) {
      for (const [name, value] of Object.entries(owner.config.http?.[group] ?? {})) {
        const path = ['http', group, name];
        const other = owners.get(JSON.stringify(path));
        if (other !== undefined) {
          const { line } = other.at(path, 'key');
          const message = `${JSON.stringify(name)} is also in ${other.file}:${line}; keep one`;
          problems.push({ ...owner.at(path, 'key'), path, message });
          continue;
        }
        owners.set(JSON.stringify(path), owner);
        http[group] ??= {};
        http[group][name] = value;
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
  const config = {
    ...(Object.keys(http).length === 0 ? {} : { http }),
    ...(certificates.length === 0 ? {} : { tls: { certificates: certificates.map(({ pair }) => pair) } }),
  } as DynamicConfig;
  return { config, at, problems };
}
