/** Which subnets count, with `allowedVpcs` and `allowedSubnets`: names and VPCs are looked up and kept for a while. */
import type { Clock } from '@ficus/common/clock.ts';
import type { PrismApi } from './api/api.ts';
import type { NetworkName, PrismConfig } from './config.ts';

/** How long what was looked up counts, milliseconds; an unknown subnet is looked up at once. */
const keptMs = 300_000;

export class Networks {
  readonly #api: PrismApi;
  readonly #clock: Clock;
  readonly #vpcs: readonly NetworkName[];
  readonly #subnets: readonly NetworkName[];
  #readAt: number | undefined;
  #known: ReadonlySet<string> = new Set();
  #allowed: ReadonlySet<string> = new Set();
  #unfound: readonly string[] = [];

  constructor(config: PrismConfig, api: PrismApi, clock: Clock) {
    this.#api = api;
    this.#clock = clock;
    this.#vpcs = config.allowedVpcs;
    this.#subnets = config.allowedSubnets;
  }

  /** Allowed VPCs and subnets that this login does not see. */
  get unfound(): readonly string[] {
    return this.#unfound;
  }

  /** Whether a NIC on this subnet counts. */
  readonly allows = (subnet: string | undefined): boolean => {
    if (this.#vpcs.length === 0 && this.#subnets.length === 0) return true;
    if (subnet === undefined) return false;
    return this.#allowed.has(subnet) || this.#subnets.some((each) => 'uuid' in each && each.uuid === subnet);
  };

  /** Looks up what is needed to judge `subnets`, if it is not known. Throws a `PrismError`. */
  async learn(subnets: Iterable<string>, signal: AbortSignal): Promise<void> {
    const byName = this.#subnets.some((each) => 'name' in each);
    if (this.#vpcs.length === 0 && !byName) return;
    const now = this.#clock.monotonic();
    const fresh = this.#readAt !== undefined && now - this.#readAt < keptMs;
    const asked = [...subnets];
    if (fresh && asked.every((each) => this.#known.has(each))) return;
    // One that this login may not see counts as known too, or it would be asked for in every poll.
    this.#known = new Set([...(await this.#read(signal)), ...asked]);
    this.#readAt = now;
  }

  async #read(signal: AbortSignal): Promise<readonly string[]> {
    const vpcsByName = this.#vpcs.some((each) => 'name' in each);
    const [subnets, vpcs] = await Promise.all([
      this.#api.subnets(signal),
      vpcsByName ? this.#api.vpcs(signal) : [],
    ]);
    const unfound: string[] = [];
    const allowedVpcs = new Set<string>();
    for (const each of this.#vpcs) {
      const found =
        'uuid' in each ? [each.uuid] : vpcs.filter(({ name }) => name === each.name).map(({ id }) => id);
      // Of two VPCs with one name the wrong one may be somebody else's.
      if (found.length === 1) allowedVpcs.add(found[0] as string);
      else
        unfound.push(
          `VPC ${'uuid' in each ? each.uuid : each.name}${found.length > 1 ? ' (several have that name)' : ''}`,
        );
    }
    for (const each of this.#subnets) {
      if ('name' in each && !subnets.some(({ name }) => name === each.name))
        unfound.push(`subnet ${each.name}`);
    }
    const names = new Set(this.#subnets.flatMap((each) => ('name' in each ? [each.name] : [])));
    const allowed = subnets.filter(
      ({ name, vpc }) => names.has(name) || (vpc !== undefined && allowedVpcs.has(vpc)),
    );
    this.#allowed = new Set(allowed.map(({ id }) => id));
    this.#unfound = unfound;
    return subnets.map(({ id }) => id);
  }
}
