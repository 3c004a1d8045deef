/** A provider that finds workloads by asking something else than files. */
import type { ProviderState } from '@ficus/common/uplink/provider-state.ts';
import type { DynamicConfig } from '@ficus/gateway/config/dynamic.ts';

/** What a provider tells; both may be called at any time after `start`. */
export interface ProviderListener {
  /** Everything it has found, complete and new: services, their routers and uplinks. */
  found(config: DynamicConfig): void;
  /** How it fares has changed. */
  state(state: ProviderState): void;
}

export interface WorkloadProvider {
  /** Of what it finds: `orders@nutanixprismcentral`. */
  readonly provider: string;
  /** How a service of it that is not there is told, before its name: `no VM in Prism Central is tagged for`. */
  readonly awaited: string;
  /**
   * Asks, and goes on asking. Resolves with the first answer there is: a kept one from before the last stop at once, else the
   * first poll's, good or not. Never rejects: what is wrong is in the state.
   */
  start(listener: ProviderListener): Promise<void>;
  /** Stops asking; nothing is told any more. */
  close(): void;
}
