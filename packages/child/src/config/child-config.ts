/** Decodes a child's static configuration and fills in its defaults. */
import { dirname, resolve } from 'node:path';
import { type Decoded, decodeYaml, mapDecoded, type ReportProblem } from '@ficus/common/config/decode.ts';
import { checkDynamic, type DynamicConfig } from '@ficus/gateway/config/dynamic.ts';
import { checkEntryPoints } from '@ficus/gateway/config/entry-point-http.ts';
import type { EntryPointConfig, UplinkEntryPointConfig } from '@ficus/gateway/config/entry-points.ts';
import { checkHealthCheck } from '@ficus/gateway/config/health-check.ts';
import { withOrWithoutHub } from '@ficus/gateway/config/hub.ts';
import {
  type AccessLogConfig,
  checkFileProvider,
  type FileProviderConfig,
  type LifeCycle,
  lifeCycle,
} from '@ficus/gateway/config/static.ts';
import { checkPrism, completePrism, type PrismConfig } from '../prism/config.ts';
import { type ChildFile, childSchema } from './child-schema.ts';
import { workloadsAsDynamic } from './workloads.ts';

/** Complete: every default filled in, every file name absolute. */
export interface ChildConfig {
  /** Absent: the name of the certificate in the state directory. */
  readonly name?: string;
  readonly stateDirectory: string;
  /** 0: serve in the main process. */
  readonly workers: number;
  readonly uplinkEntryPoints: Readonly<Record<string, UplinkEntryPointConfig>>;
  readonly entryPoints: Readonly<Record<string, EntryPointConfig>>;
  readonly file?: FileProviderConfig;
  /** `providers.nutanixPrismCentral`. */
  readonly prism?: PrismConfig;
  /** `http` and `tls` of the file itself: give it to `resolve` as provider `child`. */
  readonly inline: DynamicConfig;
  /** The short form, spelt out: give it to `resolve` as provider `workloads`. */
  readonly workloads: DynamicConfig;
  readonly log: { readonly level: LogLevel; readonly format: 'common' | 'json' };
  readonly accessLog?: AccessLogConfig;
  readonly lifeCycle: LifeCycle;
  readonly join?: JoinConfig;
}
/** How a child joins by itself; `tokenFile` is absolute. */
export interface JoinConfig {
  readonly url: string;
  readonly tokenFile: string;
  readonly caPins: readonly string[];
  readonly address?: string;
}
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** Decodes `text`, read from `file`. Never throws; file names in it are taken relative to `file`'s folder. */
export function decodeChildConfig(text: string, file: string): Decoded<ChildConfig> {
  return mapDecoded(decodeYaml({ text, file, schema: childSchema, check }), (raw) => complete(raw, file));
}

function check(raw: ChildFile, report: ReportProblem): void {
  checkFileProvider(raw.providers?.file, report);
  const prism = ['providers', 'nutanixPrismCentral'];
  const { providers, hub } = raw;
  checkPrism(providers?.nutanixPrismCentral, report, prism);
  checkPrism(hub?.providers?.nutanixPrismCentral, report, ['hub', ...prism]);
  withOrWithoutHub(providers?.nutanixPrismCentral, hub?.providers?.nutanixPrismCentral, prism, report);
  checkEntryPoints(raw.entryPoints ?? {}, report);
  withOrWithoutHub(raw.uplinkEntryPoints, raw.hub?.uplinkEntryPoints, ['uplinkEntryPoints'], report);
  checkDynamic(raw.http === undefined ? {} : { http: raw.http }, report);
  for (const [name, { healthCheck }] of Object.entries(raw.workloads ?? {})) {
    checkHealthCheck(healthCheck, ['workloads', name, 'healthCheck'], report);
  }
}

function complete(raw: ChildFile, file: string): ChildConfig {
  const folder = dirname(resolve(file));
  const provider = raw.providers?.file;
  const uplinkEntryPoints = raw.uplinkEntryPoints ??
    raw.hub?.uplinkEntryPoints ?? { uplink: { address: ':9443' } };
  const entryPoints = raw.entryPoints ?? {};
  const prism = raw.providers?.nutanixPrismCentral ?? raw.hub?.providers?.nutanixPrismCentral;
  return {
    ...(raw.name === undefined ? {} : { name: raw.name }),
    stateDirectory: resolve(folder, raw.stateDirectory ?? 'state'),
    workers: raw.workers ?? 0,
    uplinkEntryPoints,
    entryPoints,
    ...(provider === undefined
      ? {}
      : {
          file: {
            ...provider,
            ...(provider.filename === undefined ? {} : { filename: resolve(folder, provider.filename) }),
            ...(provider.directory === undefined ? {} : { directory: resolve(folder, provider.directory) }),
          },
        }),
    ...(prism === undefined ? {} : { prism: completePrism(prism, folder) }),
    inline: {
      ...(raw.http === undefined ? {} : { http: raw.http }),
      ...(raw.tls === undefined ? {} : { tls: raw.tls }),
    },
    workloads: workloadsAsDynamic(raw.workloads ?? {}),
    log: {
      level: raw.log?.level ?? 'info',
      format: raw.log?.format ?? 'common',
    },
    ...(raw.accessLog === undefined ? {} : { accessLog: raw.accessLog }),
    ...(raw.join === undefined
      ? {}
      : { join: { ...raw.join, tokenFile: resolve(folder, raw.join.tokenFile) } }),
    lifeCycle: lifeCycle([...Object.values(uplinkEntryPoints), ...Object.values(entryPoints)]),
  };
}
