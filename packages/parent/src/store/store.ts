/** What the parent keeps: children, tokens, certificates, weights and modes, and the history of changes. */
import type { HistoryEntry, LegMode, TokenInfo } from '@ficus/common/api/admin.ts';

export interface ChildRecord {
  readonly name: string;
  /** `host:port` of its uplink entrypoint. */
  readonly address: string;
  /** Globs of exposed names it was granted. */
  readonly workloads: readonly string[];
  readonly joinedAt: string;
  readonly revokedAt?: string;
  readonly serial: string;
  readonly notAfter: string;
}

/** An operator's decision about one leg; a missing field was never decided (the child's hint counts, mode active). */
export interface LegOverride {
  readonly child: string;
  readonly weight?: number;
  readonly mode?: LegMode;
}

export interface Change {
  readonly actor: string;
  readonly reason: string;
}

/** Every write is durable (fsync) when it returns, and stands in the history in the same transaction. */
export interface Store {
  children(): readonly ChildRecord[];
  child(name: string): ChildRecord | undefined;
  /** Overrides of one uplink. */
  legs(uplink: string): readonly LegOverride[];
  /** Uplink names that have overrides. */
  uplinksWithOverrides(): readonly string[];
  setWeights(
    uplink: string,
    weights: Readonly<Record<string, number>>,
    current: Readonly<Record<string, number>>,
    change: Change,
  ): HistoryEntry;
  setModes(uplink: string, modes: Readonly<Record<string, LegMode>>, change: Change): HistoryEntry;
  /** Takes back the newest weights/modes change that is not itself taken back, or `seq`. */
  undo(change: Change, seq?: number): { readonly entry: HistoryEntry; readonly uplink: string };
  history(options: { uplink?: string; limit?: number }): readonly HistoryEntry[];
  verifyHistory(): 'verified' | 'broken';
  revokeChild(name: string, change: Change): HistoryEntry;
  tokens(): readonly TokenInfo[];
  close(): void;
}
