/** What a child says of a provider that finds its workloads, such as Prism Central: travels with the advertisement. */

export const providerStateLimits = {
  providers: 8,
  conditions: 50,
  /** Characters of a message or a remedy. */
  text: 500,
  /** Characters of a name, a code or a subject. */
  name: 128,
} as const;

/** Something a person should know, once for as long as it lasts: a VM without an address, a value that is no name … */
export interface ProviderCondition {
  /** Stable, `prism.no-address`. */
  readonly code: string;
  /** What it is about: a VM, a category value, a service. */
  readonly subject: string;
  /** What was expected, what was found, what to do. */
  readonly message: string;
}

/** Changes only when something is to be told: an advertisement is sent for each change. */
export interface ProviderState {
  /** As its key in the configuration: `nutanixPrismCentral`. */
  readonly name: string;
  /** What it asks, without credentials: `https://pc.example.com:9440`. */
  readonly endpoint: string;
  /** `starting`: no answer yet. `failing`: the last good answer holds. */
  readonly state: 'starting' | 'ok' | 'failing';
  /** Of the last good answer, milliseconds since the epoch; only while it fails, and absent if there never was one. */
  readonly lastGoodAt?: number;
  /** Why it fails; only while it does. */
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly remedy?: string;
    /** Of the first failure in a row, milliseconds since the epoch. */
    readonly since: number;
  };
  /** What the last good answer held: services, and machines that stand behind them. */
  readonly services: number;
  readonly machines: number;
  /** Machines that it is shown at all: fewer than there are mean a key that may not see them. Absent: not known yet. */
  readonly seen?: number;
  readonly conditions: readonly ProviderCondition[];
}
