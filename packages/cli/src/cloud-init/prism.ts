/** What a child needs to find its workloads through Prism Central: a part of its configuration, files, and secrets. */
import { refusedConfiguration } from '../output/configuration.ts';
import { usageError } from '../output/failure.ts';
import type { Io } from '../output/io.ts';
import { readNamed } from '../output/read-named.ts';
import { paths, secretFile } from './paths.ts';
import type { WrittenFile } from './user-data.ts';

/** Options of `ficus cloud-init` that are about Prism Central, as commander gives them. */
export interface PrismOptions {
  readonly prism?: string;
  /** False: the child does not look for workloads there. */
  readonly provider?: boolean;
  readonly prismApiKeyFile?: string;
  readonly prismUsername?: string;
  readonly prismPasswordFile?: string;
  readonly prismCaFile?: string;
  readonly prismFingerprint?: string;
  readonly serviceCategoryKey?: string;
  readonly allowedVpc?: readonly string[];
  readonly pollInterval?: string;
  readonly baseFile?: string;
}

export interface PrismPart {
  /** Value of `providers.nutanixPrismCentral`. */
  readonly provider: object;
  readonly files: readonly WrittenFile[];
  /** They go into the join token, never into user-data. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** The bound that a token sets to each secret, in characters. */
const secretLimit = 16_384;

/** Undefined without `--prism`. Throws `cli.usage` for options that don't go together. */
export async function prismPart(io: Io, options: PrismOptions): Promise<PrismPart | undefined> {
  if (options.prism === undefined) {
    const useless = Object.entries(flags).find(([name]) => options[name as keyof PrismOptions] !== undefined);
    if (useless === undefined) return undefined;
    throw usageError(
      `${useless[1]} is of no use without --prism`,
      'say where Prism Central is: --prism https://pc:9440',
    );
  }
  if (options.provider === false) return undefined;
  const { prismApiKeyFile, prismUsername, prismPasswordFile } = options;
  const byKey = prismApiKeyFile !== undefined;
  const byPassword = prismUsername !== undefined && prismPasswordFile !== undefined;
  if (byKey === byPassword || (byKey && (prismUsername ?? prismPasswordFile) !== undefined)) {
    throw usageError(
      '--prism wants one way to log in',
      'give either --prism-api-key-file, or --prism-username and --prism-password-file',
    );
  }
  const secret = byKey ? 'prism-api-key' : 'prism-password';
  const login = byKey
    ? { apiKeyFile: secretFile(secret) }
    : { username: prismUsername, passwordFile: secretFile(secret) };
  const { prismCaFile, prismFingerprint, baseFile, allowedVpc = [] } = options;
  const tls = {
    ...(prismCaFile === undefined ? {} : { ca: paths.prismCa }),
    ...(prismFingerprint === undefined ? {} : { fingerprint: prismFingerprint }),
  };
  const files: WrittenFile[] = [];
  const bring = async (
    option: string,
    file: string | undefined,
    path: string,
    check: (text: string, file: string) => unknown,
  ) => {
    if (file === undefined) return;
    const content = await readNamed(io, file, option);
    await check(content, file);
    files.push({ path, permissions: '0644', content });
  };
  await bring('--prism-ca-file', prismCaFile, paths.prismCa, checkRoots);
  await bring('--base-file', baseFile, paths.baseFile, checkBase);
  return {
    provider: {
      endpoint: options.prism,
      ...login,
      ...(Object.keys(tls).length === 0 ? {} : { tls }),
      ...(options.serviceCategoryKey === undefined
        ? {}
        : { serviceNameCategoryKey: options.serviceCategoryKey }),
      ...(allowedVpc.length === 0 ? {} : { allowedVpcs: allowedVpc.map(vpc) }),
      ...(options.pollInterval === undefined ? {} : { pollInterval: options.pollInterval }),
      ...(baseFile === undefined ? {} : { filename: paths.baseFile }),
    },
    files,
    secrets: {
      [secret]: await (byKey
        ? readSecret(io, prismApiKeyFile, '--prism-api-key-file')
        : readSecret(io, prismPasswordFile ?? '', '--prism-password-file')),
    },
  };
}

const flags: Readonly<Partial<Record<keyof PrismOptions, string>>> = {
  prismApiKeyFile: '--prism-api-key-file',
  prismUsername: '--prism-username',
  prismPasswordFile: '--prism-password-file',
  prismCaFile: '--prism-ca-file',
  prismFingerprint: '--prism-fingerprint',
  serviceCategoryKey: '--service-category-key',
  allowedVpc: '--allowed-vpc',
  pollInterval: '--poll-interval',
  baseFile: '--base-file',
};

/** By extId, or by name. */
function vpc(text: string): { readonly uuid: string } | { readonly name: string } {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? { uuid: text } : { name: text };
}

/** A mistake is better found here than on the VM. */
async function checkBase(text: string, file: string): Promise<void> {
  const { decodeBase } = await import('@ficus/child/prism/base-file.ts');
  const decoded = decodeBase(text, file);
  if (!decoded.ok) throw refusedConfiguration(decoded.problems);
}

/** Throws `cli.usage` for what is not certificates in PEM. */
export function checkRoots(text: string, file: string): void {
  if (text.includes('-----BEGIN CERTIFICATE-----') && !text.includes('PRIVATE KEY-----')) return;
  throw usageError(
    `${file}: want certificates in PEM and nothing else, found something else`,
    'give the certificate of the authority that signed the one of Prism Central, or --prism-fingerprint',
  );
}

/** The key or the password in the file that `option` names; throws `cli.usage` for what no child would take. */
export async function readSecret(io: Io, file: string, option: string): Promise<string> {
  const text = (await readNamed(io, file, option)).trim();
  // The child takes nothing else, and says so on a VM that nobody is logged in at.
  const more = /\p{Cc}/u.test(text) ? 'several lines or control characters' : text.length;
  if (text === '' || text.length > secretLimit || typeof more === 'string') {
    throw usageError(
      `${option} ${file}: want a secret of 1 to ${secretLimit} characters on one line, found ${more}`,
      'give the file that holds the key or the password, and nothing else',
    );
  }
  return text;
}
