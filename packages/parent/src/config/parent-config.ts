/** Decodes a parent's static configuration and fills in its defaults. */
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { type Decoded, decodeYaml, mapDecoded, type ReportProblem } from '@ficus/common/config/decode.ts';
import { parseAddress } from '@ficus/common/config/formats.ts';
import { checkEntryPoints } from '@ficus/gateway/config/entry-point-http.ts';
import type { EntryPointConfig } from '@ficus/gateway/config/entry-points.ts';
import { withOrWithoutHub } from '@ficus/gateway/config/hub.ts';
import {
  type AccessLogConfig,
  checkFileProvider,
  type FileProviderConfig,
  type LifeCycle,
  type LogConfig,
  lifeCycle,
} from '@ficus/gateway/config/static.ts';
import type { ChildTransport } from '../aggregation/aggregate.ts';
import { checkUplinkTerms, type UplinkTermsConfig } from '../aggregation/uplink-terms.ts';
import { type ChildTransportConfig, type ParentFile, parentSchema } from './parent-schema.ts';

/** Complete: every default filled in, every file name absolute. */
export interface ParentConfig {
  readonly name: string;
  readonly stateDirectory: string;
  readonly trustDomain: string;
  /** 0: serve in the main process. */
  readonly workers: number;
  readonly entryPoints: Readonly<Record<string, EntryPointConfig>>;
  readonly file?: FileProviderConfig;
  /** False: a plain reverse proxy without authority, store, join listener and children. */
  readonly meshEnabled: boolean;
  /** Children with a fixed address: where it is, and how they are dialled. */
  readonly children: readonly {
    readonly name: string;
    readonly host: string;
    readonly port: number;
    readonly transport?: ChildTransport;
  }[];
  /** Uplinks that are served otherwise than by default. */
  readonly uplinks: Readonly<Record<string, UplinkTermsConfig>>;
  readonly join: {
    readonly address: string;
    readonly advertise?: string;
    readonly certificateTtlMs: number;
  };
  /** What new machines install from the join listener. */
  readonly install: { readonly directory?: string; readonly enabled: boolean };
  readonly admin: {
    readonly socket: string;
    readonly address?: string;
    readonly insecure?: boolean;
    /** Asked for by a plain reverse proxy, which has none otherwise. */
    readonly alone?: true;
  };
  readonly ca?: { readonly certFile: string; readonly keyFile: string; readonly rootsFile?: string };
  readonly log: { readonly level: LogLevel; readonly format: 'common' | 'json' };
  readonly accessLog?: AccessLogConfig;
  readonly lifeCycle: LifeCycle;
}
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** Decodes `text`, read from `file`. Never throws; file names in it are taken relative to `file`'s folder. */
export function decodeParentConfig(text: string, file: string): Decoded<ParentConfig> {
  return mapDecoded(decodeYaml({ text, file, schema: parentSchema, check }), (raw) => complete(raw, file));
}

function check(raw: ParentFile, report: ReportProblem): void {
  checkFileProvider(raw.providers?.file, report);
  checkEntryPoints(raw.entryPoints, report);
  withOrWithoutHub(
    raw.providers?.multicluster,
    raw.hub?.providers?.multicluster,
    ['providers', 'multicluster'],
    report,
  );
  const mesh = ['providers', 'multicluster', 'uplinks'];
  checkUplinkTerms(raw.providers?.multicluster?.uplinks, mesh, report);
  checkUplinkTerms(raw.hub?.providers?.multicluster?.uplinks, ['hub', ...mesh], report);
  if (Object.keys(raw.entryPoints).length === 0) {
    report(['entryPoints'], 'want at least one entrypoint, such as web: {address: ":8080"}, got none');
  }
}

function complete(raw: ParentFile, file: string): ParentConfig {
  const folder = dirname(resolve(file));
  const at = (name: string) => resolve(folder, name);
  const stateDirectory = at(raw.stateDirectory ?? 'state');
  const multicluster = raw.providers?.multicluster ?? raw.hub?.providers?.multicluster;
  const enabled = multicluster === undefined ? undefined : (multicluster.enabled ?? true);
  const meshEnabled = enabled ?? (raw.join !== undefined || raw.ca !== undefined);
  return {
    name: raw.name ?? 'parent',
    stateDirectory,
    trustDomain: raw.trustDomain ?? 'ficus.internal',
    workers: raw.workers ?? availableParallelism(),
    entryPoints: raw.entryPoints,
    ...(raw.providers?.file === undefined ? {} : { file: absolute(raw.providers.file, at) }),
    meshEnabled,
    children: Object.entries(multicluster?.children ?? {}).map(([name, child]) => ({
      name,
      ...uplinkAddress(child.address),
      ...(child.serversTransport === undefined ? {} : { transport: transportOf(child.serversTransport) }),
    })),
    uplinks: multicluster?.uplinks ?? {},
    join: {
      address: raw.join?.address ?? ':8443',
      ...(raw.join?.advertise === undefined ? {} : { advertise: raw.join.advertise }),
      certificateTtlMs: raw.join?.certificateTtl ?? 24 * 3_600_000,
    },
    install: {
      ...(raw.install?.directory === undefined ? {} : { directory: at(raw.install.directory) }),
      enabled: raw.install?.enabled ?? true,
    },
    admin: {
      socket: raw.admin?.socket === undefined ? resolve(stateDirectory, 'admin.sock') : at(raw.admin.socket),
      ...(raw.admin?.address === undefined ? {} : { address: raw.admin.address }),
      ...(raw.admin?.insecure === undefined ? {} : { insecure: raw.admin.insecure }),
      ...(raw.admin === undefined || meshEnabled ? {} : { alone: true }),
    },
    ...(raw.ca === undefined
      ? {}
      : {
          ca: {
            certFile: at(raw.ca.certFile),
            keyFile: at(raw.ca.keyFile),
            ...(raw.ca.rootsFile === undefined ? {} : { rootsFile: at(raw.ca.rootsFile) }),
          },
        }),
    log: logOf(raw.log),
    ...(raw.accessLog === undefined ? {} : { accessLog: raw.accessLog }),
    lifeCycle: lifeCycle(Object.values(raw.entryPoints)),
  };
}

function transportOf({ disableHTTP2, forwardingTimeouts }: ChildTransportConfig): ChildTransport {
  const { readIdleTimeout, pingTimeout } = forwardingTimeouts ?? {};
  return {
    ...(readIdleTimeout === undefined ? {} : { readIdleTimeoutMs: readIdleTimeout }),
    // 0 is the default: without a deadline a ping would find nothing out.
    ...(pingTimeout ? { pingTimeoutMs: pingTimeout } : {}),
    ...(disableHTTP2 === undefined ? {} : { disableHTTP2 }),
  };
}

function absolute(file: FileProviderConfig, at: (name: string) => string): FileProviderConfig {
  return {
    ...file,
    ...(file.filename === undefined ? {} : { filename: at(file.filename) }),
    ...(file.directory === undefined ? {} : { directory: at(file.directory) }),
  };
}

function logOf(log: LogConfig | undefined): ParentConfig['log'] {
  return { level: log?.level ?? 'info', format: log?.format ?? 'common' };
}

/** `vm-1:9443`, `https://vm-1`; the port is 9443 unless given. */
function uplinkAddress(written: string): { host: string; port: number } {
  const rest = written.replace(/^https:\/\//i, '').replace(/\/$/, '');
  const parsed = parseAddress(rest) ?? { host: rest, port: 9443 };
  return { host: parsed.host.replace(/^\[|\]$/g, ''), port: parsed.port };
}
