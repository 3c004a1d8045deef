/** What the parent keeps: children, tokens, certificates, weights and modes, and the history of changes. */
import type { CertificateInfo, HistoryEntry, LegMode, TokenInfo } from '@ficus/common/api/admin.ts';

export interface ChildRecord {
  readonly name: string;
  /** `host:port` of its uplink entrypoint. */
  readonly address: string;
  /** Globs of exposed names it was granted. */
  readonly workloads: readonly string[];
  readonly joinedAt: string;
  readonly revokedAt?: string;
  /** Of its newest certificate: upper-case hex, as Node and `describe` write it. */
  readonly serial: string;
  readonly notAfter: string;
}

/** An operator's decision about one leg; a missing field was never decided (mode active; the child's hint
 * counts until some leg of the uplink has a weight). */
export interface LegOverride {
  readonly child: string;
  readonly weight?: number;
  readonly mode?: LegMode;
  /** With mode draining: until then sessions stay, milliseconds since the epoch; absent: as long as it drains. */
  readonly sessionsUntil?: number;
}

export interface Change {
  readonly actor: string;
  readonly reason: string;
}

/** A join token as the admin API makes it: the secret itself never comes here. */
export interface NewToken {
  readonly id: string;
  /** SHA-256 of the secret, hex. */
  readonly secretHash: string;
  readonly child: string;
  readonly workloads: readonly string[];
  /** Lifetime; 1 second to 24 hours. */
  readonly ttlMs: number;
  /** What the child is given, sealed with the token: no one can read it here. */
  readonly sealed?: string;
}

/** What the join API needs to judge a presented token. */
export interface TokenRecord extends TokenInfo {
  readonly secretHash: string;
  /** Of a used token: the pin of the public key it was redeemed for, and the certificate issued then (PEM). */
  readonly redeemed?: { readonly keyHash: string; readonly certificate: string };
  readonly sealed?: string;
}

/** A certificate that is about to be handed out, recorded before it is. */
export interface IssuedCertificate {
  readonly serial: string;
  /** Leaf first, PEM. */
  readonly pem: string;
  readonly uri: string;
  readonly notBefore: string;
  readonly notAfter: string;
}

export interface Redemption {
  readonly id: string;
  /** The joining public key's pin: `sha256:<hex>` of its SubjectPublicKeyInfo. */
  readonly keyHash: string;
  readonly certificate: IssuedCertificate;
  /** `host:port` the parent shall dial. */
  readonly address: string;
  /** Who asked, for the history: `join:<address>`. */
  readonly actor: string;
}

/** Every write is durable (fsync) when it returns, and stands in the history in the same transaction. */
export interface Store {
  children(): readonly ChildRecord[];
  child(name: string): ChildRecord | undefined;
  /** Overrides of one uplink. */
  legs(uplink: string): readonly LegOverride[];
  /** Overrides of every uplink that has some, by its name. */
  allLegs(): ReadonlyMap<string, readonly LegOverride[]>;
  /**
   * Sets the operator's weights of the named children; others keep theirs. `current` is what is in force, for the
   * history. Throws `weight.invalid`, `child.unknown`, `child.revoked`, `uplink.invalid-name`, `reason.invalid`.
   */
  setWeights(
    uplink: string,
    weights: Readonly<Record<string, number>>,
    current: Readonly<Record<string, number>>,
    change: Change,
  ): HistoryEntry;
  /**
   * As `setWeights`; throws `mode.invalid`. `sessionsForMs`: for so long sessions stay at the legs that drain from now
   * on; throws `sessions.invalid` when none does.
   */
  setModes(
    uplink: string,
    modes: Readonly<Record<string, LegMode>>,
    change: Change,
    sessionsForMs?: number,
  ): HistoryEntry;
  /**
   * Takes back the newest weights/modes change that is not itself taken back, or `seq` (which may be an undo).
   * Restores exactly what was decided before, "never decided" included. Throws `undo.nothing`, `undo.unknown`,
   * `undo.not-possible`, `undo.already`.
   */
  undo(change: Change, seq?: number): { readonly entry: HistoryEntry; readonly uplink: string };
  /** Newest first; 100 entries unless `limit` (at most 1000) says otherwise. */
  history(options: { uplink?: string; limit?: number }): readonly HistoryEntry[];
  /**
   * Recomputes the hash chain: an edit, a deletion or a truncation is `broken`. The first time in a process and with
   * `full` from its beginning; otherwise what came since, so that it costs little however long the history is.
   */
  verifyHistory(options?: { readonly full?: boolean }): 'verified' | 'broken';

  /** Refuses its identity and every certificate and token it has. Throws `child.unknown`, `child.revoked`. */
  revokeChild(name: string, change: Change): HistoryEntry;
  /** Names of revoked children and serials of revoked certificates that have not expired yet. */
  denied(): { readonly children: ReadonlySet<string>; readonly serials: ReadonlySet<string> };

  tokens(): readonly TokenInfo[];
  token(id: string): TokenRecord | undefined;
  /** Throws `token.invalid-request` for a bad child name, glob or lifetime. */
  createToken(token: NewToken, change: Change): TokenInfo;
  /** Throws `token.unknown`, `token.used`, `token.revoked`. */
  revokeToken(id: string, change: Change): HistoryEntry;
  /**
   * Uses the token up, and records child and certificate, in one transaction. The same key within the token's life
   * gets the certificate of the first time. Throws `token.unknown`, `token.used`, `token.expired`, `token.revoked`.
   */
  redeemToken(redemption: Redemption): { readonly child: ChildRecord; readonly certificate: string };

  /** A child's new certificate. Throws `child.unknown`, `child.revoked`. */
  recordRenewal(child: string, certificate: IssuedCertificate, change: Change): HistoryEntry;
  certificates(): readonly CertificateInfo[];
  /** Throws `certificate.unknown`, `certificate.revoked`. */
  revokeCertificate(serial: string, change: Change): HistoryEntry;
  /** Runs `listener`, which must not throw, after each committed write; replaces an earlier one. */
  onCommit(listener: () => void): void;
  close(): void;
}
