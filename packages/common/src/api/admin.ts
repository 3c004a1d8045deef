/** Shapes of the parent's admin API, shared by the server (parent) and its client (cli). Base path `/v1`. */

export type LegMode = 'active' | 'standby' | 'draining' | 'off';

/** `POST /v1/tokens` */
export interface TokenRequest {
  readonly child: string;
  /** Globs of exposed names the child may advertise. */
  readonly workloads: readonly string[];
  /** Default 900 (15 minutes), at most 86400. */
  readonly ttlSeconds?: number;
  /**
   * Given to the child when it joins, which keeps each as `secrets/<name>` in its state directory: names `[a-z0-9-]`, at
   * most 8 of 16 KiB. Until then they are kept sealed with the token, which the parent does not keep.
   */
  readonly secrets?: Readonly<Record<string, string>>;
}
export interface CreatedToken extends TokenInfo {
  /** Shown once, stored only as a hash. */
  readonly token: string;
  /** `sha256:<hex>` of the root's SubjectPublicKeyInfo. */
  readonly caPin: string;
  /** The line to run on the child's machine. */
  readonly command: string;
}
/** `GET /v1/tokens` → `{tokens: TokenInfo[]}`; `DELETE /v1/tokens/:id` revokes. */
export interface TokenInfo {
  readonly id: string;
  readonly child: string;
  readonly workloads: readonly string[];
  /** ISO 8601, as all times here. */
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly state: 'unused' | 'used' | 'expired' | 'revoked';
}

/** `GET /v1/children` → `{children: ChildStatus[]}`; `DELETE /v1/children/:name` revokes, body `Reason`. */
export interface ChildStatus {
  readonly name: string;
  readonly address: string;
  readonly workloads: readonly string[];
  /** connected: watch alive. stale: last known advertisement is held. never: not seen yet. */
  readonly state: 'connected' | 'stale' | 'never' | 'revoked';
  readonly version?: string;
  readonly advertisementAgeSeconds?: number;
  readonly certificate?: { readonly serial: string; readonly notAfter: string };
  readonly providers?: readonly ProviderStatus[];
  /** Refused advertisements and connections, newest first, each with a code and a sentence. */
  readonly problems: readonly StatusProblem[];
}
/** A provider of a child that finds workloads, as the child tells it. */
export interface ProviderStatus {
  readonly name: string;
  readonly endpoint: string;
  readonly state: 'starting' | 'ok' | 'failing';
  /** Of the last good answer, which still holds; only while it fails. */
  readonly lastGoodAt?: string;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly remedy?: string;
    readonly since: string;
  };
  readonly services: number;
  readonly machines: number;
  /** Machines that it is shown at all. */
  readonly seen?: number;
  /** What somebody should mend, each for as long as it lasts. */
  readonly conditions: readonly {
    readonly code: string;
    readonly subject: string;
    readonly message: string;
  }[];
}
export interface StatusProblem {
  readonly code: string;
  readonly message: string;
  readonly at: string;
  readonly count: number;
}

/** `GET /v1/uplinks` → `{uplinks: UplinkStatus[]}` */
export interface UplinkStatus {
  readonly name: string;
  readonly legs: readonly LegStatus[];
}
export interface LegStatus {
  readonly child: string;
  readonly weight: number;
  /** Who set the weight: the operator's wins over the child's hint. */
  readonly weightFrom: 'operator' | 'child';
  readonly mode: LegMode;
  /** Of a draining leg: until then its sessions stay; absent: for as long as it drains. */
  readonly sessionsUntil?: string;
  readonly health: 'up' | 'down' | 'unknown';
  readonly reason?: string;
  readonly endpoints: { readonly healthy: number; readonly total: number };
  /** Requests this leg served since start, all workers. */
  readonly requests: number;
  readonly failures: number;
}

/** `PUT /v1/uplinks/:name/weights`; children not named keep theirs. Weights are whole numbers 0–1000. */
export interface WeightsRequest {
  readonly weights: Readonly<Record<string, number>>;
  readonly reason: string;
  readonly actor?: string;
}
/** `PUT /v1/uplinks/:name/modes` */
export interface ModesRequest {
  readonly modes: Readonly<Record<string, LegMode>>;
  /** Sessions of the legs that drain from now on stay for so long, at most 31536000 (a year). Default: as long as they drain. */
  readonly sessionsForSeconds?: number;
  readonly reason: string;
  readonly actor?: string;
}
export interface Reason {
  readonly reason: string;
  readonly actor?: string;
}
/** Answer of weights, modes and undo: what is in force now. */
export interface Applied {
  readonly change: HistoryEntry;
  readonly uplink: UplinkStatus;
  /** True when every running worker acknowledged it. */
  readonly appliedByWorkers: boolean;
}

/** `GET /v1/history?uplink=&limit=` → `{entries: HistoryEntry[], chain: 'verified' | 'broken'}`, newest first. */
export interface HistoryEntry {
  readonly seq: number;
  readonly at: string;
  readonly actor: string;
  readonly reason: string;
  /** `weights`, `modes`, `undo`, `child.join`, `child.revoke`, `token.create`, … */
  readonly action: string;
  /** The uplink, child or token it is about. */
  readonly subject: string;
  /** Of weights: `{child: weight}` in force before and after; of modes `{child: mode}`, with
   * `draining until <time>` for one that drains until a deadline; null: never decided. */
  readonly before: unknown;
  readonly after: unknown;
  /** Of an undo: the entry it takes back. */
  readonly undoes?: number;
  /** Hex SHA-256 over the previous entry's hash and this entry. */
  readonly hash: string;
}
/** `GET /v1/certificates` → `{certificates: CertificateInfo[]}`; `DELETE /v1/certificates/:serial` revokes, body `Reason`. */
export interface CertificateInfo {
  /** Upper-case hex. */
  readonly serial: string;
  readonly child: string;
  readonly uri: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly state: 'valid' | 'expired' | 'revoked';
}
/** Answer of `DELETE` on a child, a token or a certificate. */
export interface Revoked {
  readonly change: HistoryEntry;
}
/** `GET /v1/pki/roots`, and `GET /v1/roots` on the join listener. */
export interface TrustBundle {
  readonly trustDomain: string;
  /** Every root, PEM each. */
  readonly roots: readonly string[];
  /** `sha256:<hex>` of the issuing root's SubjectPublicKeyInfo. */
  readonly caPin: string;
}
/** `POST /v1/renew` on the join listener. */
export interface RenewRequest {
  /** PKCS#10, PEM. */
  readonly csr: string;
}

/** `POST /v1/undo` body `Reason & {seq?: number}`: takes back the newest weights/modes change, or that one. */

/** `GET /v1/status` */
export interface ParentStatus {
  readonly name: string;
  readonly version: string;
  readonly startedAt: string;
  readonly workers: readonly { readonly pid: number; readonly restarts: number; readonly rssBytes: number }[];
  readonly configuration: {
    readonly revision: number;
    readonly loadedAt: string;
    /** Mistakes in the newest files. Without `held` none of them is taken up and the last good configuration serves. */
    readonly refused?: readonly string[];
    /** Files that count as they last did, or are left out, while all others are taken up; a sentence each. */
    readonly held?: readonly string[];
  };
  /** Routers, services, middlewares that are disabled, with the reason. */
  readonly disabled: readonly { readonly kind: string; readonly name: string; readonly reason: string }[];
  readonly children: readonly ChildStatus[];
  readonly uplinks: readonly UplinkStatus[];
  readonly problems: readonly StatusProblem[];
}

/** `POST /v1/join` on the join listener (TLS 1.3, default `:8443`). */
export interface JoinRequest {
  readonly token: string;
  /** PKCS#10, PEM. */
  readonly csr: string;
  /** `host:port` the parent dials; default: the caller's address and port 9443. */
  readonly address?: string;
}
/** Answer of join, and of `POST /v1/renew` `{csr}` (mTLS with the certificate in hand). */
export interface Enrolment {
  readonly child: string;
  readonly trustDomain: string;
  /** Leaf first, then intermediates; PEM. */
  readonly certificate: string;
  /** Trust bundle: every root, PEM each. */
  readonly roots: readonly string[];
  /** SPIFFE IDs of the parents that may dial this child. */
  readonly parents: readonly string[];
  /** What the token carried; of a join only. */
  readonly secrets?: Readonly<Record<string, string>>;
}
