/** What `providers.nutanixPrismCentral` means: defaults filled in, file names absolute, contradictions reported. */
import { resolve } from 'node:path';
import type { ReportProblem } from '@ficus/common/config/decode.ts';
import { isPem } from '@ficus/gateway/config/file-references.ts';
import type { PrismFile } from './config-schema.ts';

export { nutanixPrismCentralSchema, type PrismFile } from './config-schema.ts';

/** A VPC or a subnet: by extId or by name. */
export type NetworkName = { readonly uuid: string } | { readonly name: string };

/** Complete; times in milliseconds. */
export interface PrismConfig {
  /** Origin, `https://pc.example.com:9440`. */
  readonly endpoint: string;
  /** Exactly one kind; the secret itself, or the file it is in. */
  readonly login:
    | { readonly kind: 'apiKey'; readonly apiKey?: string; readonly file?: string }
    | {
        readonly kind: 'basic';
        readonly username: string;
        readonly password?: string;
        readonly file?: string;
      };
  readonly tls: PrismTls;
  readonly pollInterval: number;
  /** Of one request. */
  readonly pollTimeout: number;
  readonly categoryKeys: { readonly service: string; readonly port?: string; readonly weight?: string };
  /** Base file, absolute. */
  readonly filename?: string;
  readonly port?: number;
  /** With `allowedSubnets`: NICs that count; both empty: all. */
  readonly allowedVpcs: readonly NetworkName[];
  readonly allowedSubnets: readonly NetworkName[];
  readonly ipVersion: 'ipv4' | 'ipv6';
  readonly drainTimeout: number;
  readonly apiVersion: 'auto' | 'v4.0' | 'v4.1' | 'v3';
}

export interface PrismTls {
  /** File names (absolute) or PEM text. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
  /** 64 lower-case hexadecimal digits. */
  readonly fingerprint?: string;
  readonly insecureSkipVerify: boolean;
}

const leastPollInterval = 2000;

/** Reports what the schema cannot say. `base`: where the section is. */
export function checkPrism(
  config: PrismFile | undefined,
  report: ReportProblem,
  base: readonly string[] = ['providers', 'nutanixPrismCentral'],
): void {
  if (config === undefined) return;
  checkLogin(config, report, base);
  checkTls(config.tls, report, [...base, 'tls']);
  if ((config.pollInterval ?? leastPollInterval) < leastPollInterval)
    report([...base, 'pollInterval'], 'want at least "2s": Prism Central answers some 30 requests a second');
  if (config.pollTimeout === 0) report([...base, 'pollTimeout'], 'want more than "0s", such as "5s"');
  for (const list of ['allowedVpcs', 'allowedSubnets'] as const) {
    for (const [index, { uuid, name }] of (config[list] ?? []).entries()) {
      if ((uuid === undefined) !== (name === undefined)) continue;
      const found = uuid === undefined ? 'neither' : 'both';
      report([...base, list, index], `want exactly one of uuid, name, got ${found}`);
    }
  }
  checkKeys(config, report, base);
  if (config.apiVersion === 'v3') checkV3(config, report, base);
}

function checkLogin(config: PrismFile, report: ReportProblem, base: readonly string[]): void {
  const given = (key: 'apiKey' | 'apiKeyFile' | 'username' | 'password' | 'passwordFile') =>
    config[key] !== undefined;
  for (const [plain, file] of [
    ['apiKey', 'apiKeyFile'],
    ['password', 'passwordFile'],
  ] as const) {
    if (given(plain) && given(file)) report([...base, file], `${plain} is given too: keep one`, 'key');
  }
  const key = given('apiKey') || given('apiKeyFile');
  const basic = (['username', 'password', 'passwordFile'] as const).find(given);
  if (key && basic !== undefined) {
    report([...base, basic], 'an API key is given too: want either a key, or username and password', 'key');
  } else if (!key && basic === undefined) {
    report(base, 'want apiKey or apiKeyFile, or username and password, got none', 'key');
  } else if (basic !== undefined && !given('username')) {
    report(base, 'missing key "username": a password alone is no login', 'key');
  } else if (basic === 'username' && !given('password') && !given('passwordFile')) {
    report([...base, 'username'], 'want password or passwordFile with it, got none', 'key');
  }
  const unfit = (['apiKey', 'username', 'password'] as const).find((each) =>
    /\p{Cc}/u.test(config[each] ?? ''),
  );
  if (unfit !== undefined) report([...base, unfit], 'want no line breaks and no control characters in it');
  if (config.username?.includes(':')) report([...base, 'username'], 'want no ":" in it (RFC 7617)');
}

function checkTls(tls: PrismFile['tls'], report: ReportProblem, path: readonly string[]): void {
  if (tls === undefined) return;
  for (const [one, other] of [
    ['cert', 'key'],
    ['key', 'cert'],
  ] as const) {
    if (tls[one] !== undefined && tls[other] === undefined)
      report([...path, one], `want ${other} with it`, 'key');
  }
  if (tls.insecureSkipVerify !== true) return;
  const pin = (['fingerprint', 'ca'] as const).find((key) => tls[key] !== undefined);
  if (pin !== undefined) {
    const message = `${pin} would count for nothing: leave insecureSkipVerify out`;
    report([...path, 'insecureSkipVerify'], message, 'key');
  }
}

function checkKeys(config: PrismFile, report: ReportProblem, base: readonly string[]): void {
  const seen = new Map([[config.serviceNameCategoryKey ?? defaultServiceKey, 'serviceNameCategoryKey']]);
  for (const key of ['portCategoryKey', 'weightCategoryKey'] as const) {
    const value = config[key];
    if (value === undefined) continue;
    const other = seen.get(value);
    if (other !== undefined) report([...base, key], `want another category than ${other}, got the same`);
    seen.set(value, key);
  }
}

function checkV3(config: PrismFile, report: ReportProblem, base: readonly string[]): void {
  const key = (['apiKey', 'apiKeyFile'] as const).find((each) => config[each] !== undefined);
  if (key !== undefined) report([...base, key], 'apiVersion v3 knows username and password only', 'key');
  if (config.allowedVpcs !== undefined)
    report([...base, 'allowedVpcs'], 'apiVersion v3 does not tell VPCs: name allowedSubnets by uuid', 'key');
  for (const [index, { name }] of (config.allowedSubnets ?? []).entries()) {
    if (name !== undefined)
      report([...base, 'allowedSubnets', index, 'name'], 'with apiVersion v3 want uuid', 'key');
  }
}

const defaultServiceKey = 'TraefikServiceName';

/** Fills in the defaults of what `checkPrism` has accepted. File names are relative to `folder`. */
export function completePrism(raw: PrismFile, folder: string): PrismConfig {
  const { port, weight } = { port: raw.portCategoryKey, weight: raw.weightCategoryKey };
  return {
    endpoint: new URL(raw.endpoint).origin,
    login: loginOf(raw, folder),
    tls: tlsOf(raw.tls, folder),
    pollInterval: raw.pollInterval ?? 30_000,
    pollTimeout: raw.pollTimeout ?? 5000,
    categoryKeys: {
      service: raw.serviceNameCategoryKey ?? defaultServiceKey,
      ...(port === undefined ? {} : { port }),
      ...(weight === undefined ? {} : { weight }),
    },
    ...(raw.filename === undefined ? {} : { filename: resolve(folder, raw.filename) }),
    ...(raw.port === undefined ? {} : { port: raw.port }),
    allowedVpcs: (raw.allowedVpcs ?? []).map(networkName),
    allowedSubnets: (raw.allowedSubnets ?? []).map(networkName),
    ipVersion: raw.ipVersion ?? 'ipv4',
    drainTimeout: raw.drainTimeout ?? 30_000,
    apiVersion: raw.apiVersion ?? 'auto',
  };
}

function loginOf(raw: PrismFile, folder: string): PrismConfig['login'] {
  const secret = (file: string | undefined) => (file === undefined ? {} : { file: resolve(folder, file) });
  if (raw.username === undefined) {
    return {
      kind: 'apiKey',
      ...(raw.apiKey === undefined ? {} : { apiKey: raw.apiKey }),
      ...secret(raw.apiKeyFile),
    };
  }
  return {
    kind: 'basic',
    username: raw.username,
    ...(raw.password === undefined ? {} : { password: raw.password }),
    ...secret(raw.passwordFile),
  };
}

function tlsOf(raw: PrismFile['tls'], folder: string): PrismTls {
  const file = (key: 'ca' | 'cert' | 'key') => {
    const value = raw?.[key];
    return value === undefined ? {} : { [key]: isPem(value) ? value : resolve(folder, value) };
  };
  const fingerprint = raw?.fingerprint
    ?.replace(/^sha256:/i, '')
    .replaceAll(':', '')
    .toLowerCase();
  return {
    ...file('ca'),
    ...file('cert'),
    ...file('key'),
    ...(raw?.serverName === undefined ? {} : { serverName: raw.serverName }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    insecureSkipVerify: raw?.insecureSkipVerify ?? false,
  };
}

function networkName({ uuid, name }: { readonly uuid?: string; readonly name?: string }): NetworkName {
  return uuid === undefined ? { name: name ?? '' } : { uuid: uuid.toLowerCase() };
}
