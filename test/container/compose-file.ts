/** What docker-compose.yml says, as far as tests look at it. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

/** The repository's folder, with a slash. */
export const repository = fileURLToPath(new URL('../../', import.meta.url));

export interface ComposeService {
  readonly image: string;
  readonly build?: { readonly target: string; readonly args: Readonly<Record<string, string>> };
  readonly command?: readonly string[];
  readonly user?: string;
  readonly read_only?: boolean;
  readonly privileged?: boolean;
  readonly restart?: string;
  readonly tmpfs?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks?: readonly string[] | Readonly<Record<string, { readonly aliases?: readonly string[] }>>;
  readonly network_mode?: string;
  readonly profiles?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}
export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
}

/** The file as an engine reads it: anchors merged; variables of the environment as they stand. */
export function composeFile(): ComposeFile {
  return parse(readFileSync(`${repository}docker-compose.yml`, 'utf8'), { merge: true }) as ComposeFile;
}

/** Names of the networks of a service. */
export function networksOf({ networks = [] }: ComposeService): readonly string[] {
  return Array.isArray(networks) ? networks : Object.keys(networks);
}
