/** What the provider asks Prism Central, over v4 or v3. */
import type { CategoryKeys, Vm } from './vm.ts';

export interface VmQuestion {
  readonly keys: CategoryKeys;
  readonly signal: AbortSignal;
}

/** What an answer held in all. */
export interface VmCount {
  /** VMs this login may see. */
  readonly vms: number;
  /** Values of the service category. */
  readonly values: number;
  /** Whether fewer came than there are, as Prism Central says: the list changed while it was read. */
  readonly short: boolean;
}

export interface PrismApi {
  /**
   * Gives every VM to `take`, one at a time, each once; the categories' values are those of this moment. Throws a
   * `PrismError`.
   */
  vms(question: VmQuestion, take: (vm: Vm) => void): Promise<VmCount>;
  /** Subnets this login may see; v4 only. */
  subnets(signal: AbortSignal): Promise<readonly Subnet[]>;
  /** VPCs this login may see; v4 only. */
  vpcs(signal: AbortSignal): Promise<readonly Named[]>;
  /** `v4.1`, once known. */
  version(): string | undefined;
}

export interface Named {
  readonly id: string;
  readonly name: string;
}

export interface Subnet extends Named {
  /** extId of its VPC. */
  readonly vpc?: string;
}
