/** The bill of materials: every package of other people that `ficus` runs, from package-lock.json, as CycloneDX 1.6. */
import { createHash } from 'node:crypto';

/** What package-lock.json says of a package. */
export interface LockedPackage {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly os?: string | readonly string[];
  readonly cpu?: string | readonly string[];
  readonly libc?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
export type Lock = { readonly packages: Readonly<Record<string, LockedPackage>> };

export interface SbomOptions {
  readonly lock: Lock;
  /** Our workspaces whose dependencies are production: folders in the lock. */
  readonly workspaces: readonly string[];
  /** Node's architectures the artefacts are made for. */
  readonly arches: readonly string[];
  readonly version: string;
  /** Seconds since the epoch. */
  readonly time: number;
}

/** Sorted, and the same for the same input. */
export function sbom(options: SbomOptions): object {
  const { lock, version, time } = options;
  const nodes = options.arches.map((arch) => nodeComponent(lock, arch));
  const packages = production(options).map(([path, found]) => component(path, found));
  const components = [...nodes, ...packages];
  const own = {
    type: 'application',
    'bom-ref': `ficus@${version}`,
    name: 'ficus',
    version,
    licenses: [{ license: { id: 'Apache-2.0' } }],
    purl: `pkg:generic/ficus@${version}`,
  };
  const digest = createHash('sha256')
    .update(JSON.stringify([own, components, time]))
    .digest('hex');
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(digest)}`,
    version: 1,
    metadata: {
      timestamp: new Date(time * 1000).toISOString(),
      component: own,
    },
    components,
    dependencies: [{ ref: own['bom-ref'], dependsOn: components.map((each) => each['bom-ref']) }],
  };
}

/** What the workspaces need, and what that needs, where it is installed; sorted by path. */
function production({ lock, workspaces, arches }: SbomOptions): readonly [string, LockedPackage][] {
  const found = new Map<string, LockedPackage>();
  const visit = (from: string) => {
    const { dependencies, optionalDependencies } = lock.packages[from] ?? {};
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const path = resolved(lock, from, name);
      const locked = path === undefined ? undefined : lock.packages[path];
      if (path === undefined || locked === undefined || locked.link === true || found.has(path)) continue;
      if (!runsOn(locked, arches)) continue;
      found.set(path, locked);
      visit(path);
    }
  };
  for (const workspace of workspaces) visit(workspace);
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** As Node looks for it: beside, then above. */
function resolved(lock: Lock, from: string, name: string): string | undefined {
  const parts = from.split('/');
  for (let depth = parts.length; depth >= 0; depth--) {
    const path = [...parts.slice(0, depth), 'node_modules', name].join('/');
    if (lock.packages[path] !== undefined) return path;
  }
  return undefined;
}

function runsOn({ os, cpu, libc }: LockedPackage, arches: readonly string[]): boolean {
  const allows = (list: string | readonly string[] | undefined, values: readonly string[]) =>
    list === undefined || [list].flat().some((each) => values.includes(each));
  return allows(os, ['linux']) && allows(cpu, arches) && allows(libc, ['glibc']);
}

function component(path: string, locked: LockedPackage) {
  const name = locked.name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const { version = '', license } = locked;
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return {
    type: 'library',
    'bom-ref': `${purl}#${path}`,
    name,
    version,
    ...(license === undefined ? {} : { licenses: [licensed(license)] }),
    purl,
    ...hashes(locked),
  };
}

/** Node itself, with V8, OpenSSL and the rest of what it is built of: as its own licence file lists them. */
function nodeComponent(lock: Lock, arch: string) {
  const locked = lock.packages[`node_modules/node-linux-${arch}`];
  if (locked?.version === undefined) throw new Error(`package-lock.json has no node-linux-${arch}`);
  const purl = `pkg:npm/node-linux-${arch}@${locked.version}`;
  return {
    type: 'platform',
    'bom-ref': purl,
    name: `node-linux-${arch}`,
    version: locked.version,
    description: `Node.js ${locked.version} for linux-${arch}`,
    licenses: [licensed('MIT')],
    cpe: `cpe:2.3:a:nodejs:node.js:${locked.version}:*:*:*:*:*:*:*`,
    purl,
    ...hashes(locked),
  };
}

/** An identifier, or an expression of several. */
function licensed(text: string) {
  return /^[A-Za-z0-9.+-]+$/.test(text) ? { license: { id: text } } : { expression: text };
}

function hashes({ integrity }: LockedPackage) {
  const [algorithm, base64] = integrity?.split('-') ?? [];
  if (algorithm !== 'sha512' || base64 === undefined) return {};
  return { hashes: [{ alg: 'SHA-512', content: Buffer.from(base64, 'base64').toString('hex') }] };
}

/** Of the custom kind (RFC 9562 §5.8). */
function uuidOf(hex: string): string {
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`];
  return [...parts, hex.slice(20, 32)].join('-');
}
