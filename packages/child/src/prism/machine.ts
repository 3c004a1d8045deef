/** A VM that stands behind services, as it counts for us. */

export interface Machine {
  /** Lower-case UUID. */
  readonly id: string;
  /** As a person wrote it: not to be trusted. */
  readonly name: string;
  /** Exposed names, sorted. */
  readonly services: readonly string[];
  /** The last one there was; absent while there was none. */
  readonly address?: string;
  /** From its categories. */
  readonly port?: number;
  readonly weight?: number;
}

/** Of a service that a VM does not stand behind any more; clients bound to it by a cookie may finish. */
export interface Fenced {
  readonly service: string;
  readonly machine: Machine;
  /** Monotonic milliseconds. */
  readonly until: number;
}

/** The whole number that a category value is, from `least` to `most`. */
export function numberOf(value: string, least: number, most: number): number | undefined {
  if (!/^\d{1,6}$/.test(value)) return undefined;
  const number = Number(value);
  return number >= least && number <= most ? number : undefined;
}
