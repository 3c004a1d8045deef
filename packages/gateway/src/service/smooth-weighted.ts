/**
 * Smooth weighted round robin, exact over every window of sum-of-weights picks.
 *
 * Each leg has a due time: its n-th pick of a round is due at (n + phase) / weight, a round being one unit of time, and
 * the earliest due leg is picked. Whatever the phases, each unit holds exactly `weight` due times of each leg, so every
 * window is exact. nginx's counters, which look alike, are exact only in the cycle that starts from zero: after a change
 * of weights in place they either restart (and starve small legs when changes are frequent) or pass through inexact
 * windows. Here a change keeps each leg's phase, the part of its interval still to wait: no burst, nothing lost.
 */

/** Phases are multiples of this, so that (n + phase) is exact in a double for weights up to a million. */
const quantum = 2 ** -20;

export class SmoothWeighted {
  readonly #weights: Float64Array;
  /** Weight this round, reduced by the gcd; 0 for legs that take no part. */
  readonly #shares: Float64Array;
  /** When each leg is next picked; Infinity for legs that take no part. */
  readonly #due: Float64Array;
  readonly #picked: Float64Array;
  readonly #phases: Float64Array;
  /** Which legs were available when the shares were made. */
  readonly #seen: Uint8Array;
  /** Picks left in this round. */
  #left = 0;
  /** Due time of the last pick. */
  #now = 0;
  /** Shares must be made again before the next pick. */
  #stale = true;
  /** The one leg that takes part, or -1. */
  #only = -1;

  /** Weights are whole, 0 to a million; 0 is never picked. Phases (of a predecessor's `phase`) keep its position. */
  constructor(weights: readonly number[], phases?: readonly (number | undefined)[]) {
    const size = weights.length;
    this.#weights = Float64Array.from(weights);
    this.#shares = new Float64Array(size);
    this.#due = new Float64Array(size).fill(Number.POSITIVE_INFINITY);
    this.#picked = new Float64Array(size);
    // Spread over the interval, so that many small legs don't come in one run; equal ones take turns in order.
    this.#phases = Float64Array.from(weights, (_, i) => clampPhase(phases?.[i] ?? (i + 0.5) / size));
    this.#seen = new Uint8Array(size).fill(1);
  }

  get size(): number {
    return this.#weights.length;
  }

  weight(index: number): number {
    return this.#weights[index] ?? 0;
  }

  /** How much of its interval leg `index` still waits, 0 to 1: hand it to a successor's constructor. */
  phase(index: number): number {
    return this.#waiting(index);
  }

  /** Changes a weight in place from the next pick on. */
  setWeight(index: number, weight: number): void {
    if (this.#weights[index] === weight) return;
    this.#weights[index] = weight;
    this.#stale = true;
  }

  /** Index of the next leg, or -1 when none has weight and is available. `available[i]` is 0 for legs to skip. */
  next(available?: Uint8Array): number {
    if (this.#stale || this.#changed(available)) this.#restart(available);
    const only = this.#only;
    if (only >= 0 || this.#left === 0) return only;
    const due = this.#due;
    let best = 0;
    let earliest = due[0] as number;
    for (let i = 1; i < due.length; i++) {
      const at = due[i] as number;
      if (at < earliest) {
        earliest = at;
        best = i;
      }
    }
    this.#now = earliest;
    const picked = (this.#picked[best] as number) + 1;
    this.#picked[best] = picked;
    due[best] = (picked + (this.#phases[best] as number)) / (this.#shares[best] as number);
    if (--this.#left === 0) this.#nextRound();
    return best;
  }

  #changed(available: Uint8Array | undefined): boolean {
    const seen = this.#seen;
    for (let i = 0; i < seen.length; i++) {
      if (seen[i] !== (available === undefined || available[i] !== 0 ? 1 : 0)) return true;
    }
    return false;
  }

  /** Every leg has had its share: the same again, from counters that never grow, so rounding never adds up. */
  #nextRound(): void {
    this.#now -= 1;
    for (let i = 0; i < this.#due.length; i++) {
      const share = this.#shares[i] as number;
      if (share === 0) continue;
      this.#left += share;
      this.#picked[i] = 0;
      this.#due[i] = (this.#phases[i] as number) / share;
    }
  }

  /** Starts a round with the weights and availability of now; each leg keeps what it still had to wait. */
  #restart(available: Uint8Array | undefined): void {
    const size = this.#weights.length;
    let divisor = 0;
    let takers = 0;
    for (let i = 0; i < size; i++) {
      this.#phases[i] = clampPhase(this.#waiting(i));
      this.#picked[i] = 0;
      this.#seen[i] = available === undefined || available[i] !== 0 ? 1 : 0;
      const weight = this.#seen[i] === 1 ? (this.#weights[i] as number) : 0;
      if (weight > 0) {
        divisor = gcd(weight, divisor);
        takers++;
        this.#only = i;
      }
    }
    this.#left = 0;
    this.#now = 0;
    for (let i = 0; i < size; i++) {
      const share = this.#seen[i] === 1 && divisor > 0 ? (this.#weights[i] as number) / divisor : 0;
      this.#shares[i] = share;
      this.#left += share;
      this.#due[i] = share > 0 ? (this.#phases[i] as number) / share : Number.POSITIVE_INFINITY;
    }
    if (takers !== 1) this.#only = -1;
    this.#stale = false;
  }

  #waiting(index: number): number {
    const share = this.#shares[index] as number;
    // A leg that takes no part waits with the phase it had.
    if (share === 0) return this.#phases[index] as number;
    return ((this.#due[index] as number) - this.#now) * share;
  }
}

/** Into [0, 1), to a multiple of the quantum. */
function clampPhase(phase: number): number {
  const rounded = Math.floor(phase / quantum) * quantum;
  return Math.min(Math.max(rounded, 0), 1 - quantum);
}

function gcd(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
