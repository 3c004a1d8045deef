/** Creates the VM that user-data is for, through Prism Central. */
import { resolve } from 'node:path';
import type { CreateVmOptions, VmOrder } from '@ficus/child/prism/create-vm.ts';
import { usageError } from '../output/failure.ts';
import type { Io } from '../output/io.ts';
import { readNamed } from '../output/read-named.ts';
import { checkRoots, type PrismOptions, readSecret } from './prism.ts';

/** Options of `--prism-create`, as commander gives them. */
export interface CreateOptions extends PrismOptions {
  readonly child: string;
  readonly prismCreate?: boolean;
  readonly createApiKeyFile?: string;
  readonly createUsername?: string;
  readonly createPasswordFile?: string;
  readonly vmName?: string;
  readonly cluster?: string;
  readonly subnet?: string;
  readonly image?: string;
  readonly memory?: string;
  readonly vcpus?: string;
  readonly disk?: string;
  readonly category?: readonly string[];
}

/** A VM that is complete but for its user-data. */
export interface PlannedVm {
  readonly vm: Omit<VmOrder, 'userData'>;
  readonly prism: CreateVmOptions['prism'];
}

/** Undefined without `--prism-create`. Nothing is asked of Prism Central; its files are read. Throws `cli.usage`. */
export async function plannedVm(io: Io, options: CreateOptions): Promise<PlannedVm | undefined> {
  if (options.prismCreate !== true) {
    const useless = Object.entries(flags).find(
      ([name]) => options[name as keyof CreateOptions] !== undefined,
    );
    if (useless === undefined) return undefined;
    throw usageError(
      `${useless[1]} is of no use without --prism-create`,
      'add --prism-create, or leave it out',
    );
  }
  const { prism, cluster, subnet, image } = options;
  if (prism === undefined)
    throw usageError('--prism-create wants --prism', 'add --prism https://pc.example.com:9440');
  if (cluster === undefined || subnet === undefined || image === undefined) {
    throw usageError(
      '--prism-create wants --cluster, --subnet and --image',
      'name each by its name or extId, as Prism Central shows them',
    );
  }
  return {
    vm: {
      name: options.vmName ?? options.child,
      ...{ cluster, subnet, image },
      ...(options.vcpus === undefined ? {} : { sockets: count(options.vcpus, '--vcpus') }),
      ...(options.memory === undefined ? {} : { memoryBytes: size(options.memory, '--memory') }),
      ...(options.disk === undefined ? {} : { diskBytes: size(options.disk, '--disk') }),
      ...(options.category === undefined ? {} : { categories: categories(options.category) }),
      description: `Ficus child ${options.child}`,
    },
    prism: { endpoint: prism, ...(await login(io, options)), ...(await trust(io, options)) },
  };
}

/** Whoever may make VMs can do more than a child needs: a login of its own, else the child's. */
async function login(io: Io, options: CreateOptions) {
  const given = [options.createApiKeyFile, options.createUsername, options.createPasswordFile];
  const own = given.some((value) => value !== undefined);
  const key = own ? options.createApiKeyFile : options.prismApiKeyFile;
  const username = own ? options.createUsername : options.prismUsername;
  const password = own ? options.createPasswordFile : options.prismPasswordFile;
  if (key !== undefined && username === undefined && password === undefined) {
    await readSecret(io, key, own ? '--create-api-key-file' : '--prism-api-key-file');
    return { apiKeyFile: resolve(io.cwd, key) };
  }
  if (key === undefined && username !== undefined && password !== undefined) {
    await readSecret(io, password, own ? '--create-password-file' : '--prism-password-file');
    return { username, passwordFile: resolve(io.cwd, password) };
  }
  throw usageError(
    '--prism-create wants one way to log in',
    'give either --create-api-key-file, or --create-username and --create-password-file; without them the login of --prism is used',
  );
}

async function trust(io: Io, { prismCaFile, prismFingerprint }: CreateOptions) {
  if (prismCaFile === undefined && prismFingerprint === undefined) return {};
  if (prismCaFile !== undefined) {
    checkRoots(await readNamed(io, prismCaFile, '--prism-ca-file'), prismCaFile);
  }
  return {
    tls: {
      ...(prismCaFile === undefined ? {} : { ca: resolve(io.cwd, prismCaFile) }),
      ...(prismFingerprint === undefined ? {} : { fingerprint: prismFingerprint }),
    },
  };
}

const flags: Readonly<Partial<Record<keyof CreateOptions, string>>> = {
  createApiKeyFile: '--create-api-key-file',
  createUsername: '--create-username',
  createPasswordFile: '--create-password-file',
  vmName: '--vm-name',
  cluster: '--cluster',
  subnet: '--subnet',
  image: '--image',
  memory: '--memory',
  vcpus: '--vcpus',
  disk: '--disk',
  category: '--category',
};

function count(text: string, option: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw usageError(`${option} wants a whole number from 1 to 999, got "${text}"`, `write it as ${option} 2`);
}

/** `4`, `4GiB`, `512MiB`, in bytes. */
function size(text: string, option: string): number {
  const [, digits = '', unit = 'GiB'] = /^([1-9]\d{0,5})(GiB|MiB)?$/.exec(text) ?? [];
  if (digits !== '') return Number(digits) * (unit === 'MiB' ? 2 ** 20 : 2 ** 30);
  throw usageError(`${option} wants a size, got "${text}"`, `write it as ${option} 4GiB or ${option} 512MiB`);
}

function categories(pairs: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  for (const pair of pairs) {
    const [, key, value] = /^([^=]+)=(.+)$/.exec(pair) ?? [];
    if (key === undefined || value === undefined) {
      throw usageError(
        `--category wants <key>=<value>, got "${pair}"`,
        'write it as TraefikServiceName=orders',
      );
    }
    found.set(key, [...(found.get(key) ?? []), value]);
  }
  return Object.fromEntries(found);
}
