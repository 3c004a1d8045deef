/** What each release of Prism Central serves: minor versions of its namespaces, and what its answers are stamped with. */

export type ProfileName = 'pc.2024.3' | 'pc.7.3' | 'pc.7.5' | 'next';
export const profileNames: readonly ProfileName[] = ['pc.2024.3', 'pc.7.3', 'pc.7.5', 'next'];

export type Namespace = 'vmm' | 'prism' | 'microseg' | 'networking' | 'clustermgmt';
export const namespaces: readonly Namespace[] = ['vmm', 'prism', 'microseg', 'networking', 'clustermgmt'];

export interface Profile {
  readonly name: ProfileName;
  /** `X-Ntnx-Product`. */
  readonly product: string;
  /** Highest minor version of each namespace; lower ones are served too. */
  readonly minors: Readonly<Record<Namespace, number>>;
}

const same = (minor: number): Record<Namespace, number> => ({
  vmm: minor,
  prism: minor,
  microseg: minor,
  networking: minor,
  clustermgmt: minor,
});

export const profiles: Readonly<Record<ProfileName, Profile>> = {
  'pc.2024.3': { name: 'pc.2024.3', product: 'pc.2024.3.0.1', minors: same(0) },
  'pc.7.3': { name: 'pc.7.3', product: 'pc.7.3.0.1', minors: same(1) },
  'pc.7.5': { name: 'pc.7.5', product: 'pc.7.5.0.1', minors: same(2) },
  next: { name: 'next', product: 'pc.next', minors: { ...same(3), prism: 4, networking: 4 } },
};

/** `$fv` of a namespace: the server's revision, whatever version the path asked for. */
export function revision(profile: Profile, namespace: Namespace): string {
  return `v4.r${profile.minors[namespace]}`;
}

/** An object with its revision and discriminator first, as Prism Central writes it; undefined members are left out. */
export function typed(revisionName: string, objectType: string, members: object): Record<string, unknown> {
  const out: Record<string, unknown> = { $reserved: { $fv: revisionName }, $objectType: objectType };
  for (const [name, value] of Object.entries(members)) if (value !== undefined) out[name] = value;
  return out;
}

/** `common.*` objects have a revision of their own. */
export const commonRevision = 'v1.r0';
