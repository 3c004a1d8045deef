/** The document a child serves on its uplink, and its limits. The protocol's one definition. */

import type { ProviderState } from './provider-state.ts';

/** Where a parent reads or watches it: `GET` with ETag; `GET ?watch` streams one JSON document a line. */
export const advertisementPath = '/.well-known/ficus/v1/advertisement';
/** Names the uplink on a data request; accepted only from a parent's identity, stripped before routing. */
export const uplinkHeader = 'ficus-uplink';
/** Protocol versions this build speaks; a parent picks the highest both speak. */
export const protocolVersions: readonly number[] = [1];

export const advertisementLimits = {
  /** Bytes of one document. */
  bytes: 1024 * 1024,
  uplinks: 1000,
  /** A child's weight is a hint between 0 and this. */
  weight: 1000,
  /** Milliseconds between lines on a watch that has nothing new (a heartbeat is an empty line). */
  heartbeatMs: 1000,
} as const;

/** Traefik's health check keys; durations in milliseconds. Run by the parent through the uplink. */
export interface AdvertisedHealthCheck {
  /** `grpc`: `grpc.health.v1.Health/Check`; path, method and status then count for nothing. Absent: an HTTP request. */
  readonly mode?: 'http' | 'grpc';
  readonly path: string;
  readonly method: string;
  /** 0: any of 200–399. */
  readonly status: number;
  readonly intervalMs: number;
  readonly unhealthyIntervalMs: number;
  readonly timeoutMs: number;
  /** Good answers in a row that bring an endpoint up. Absent: 1. */
  readonly healthyThreshold?: number;
  /** Bad ones that take it down. Absent: 1. */
  readonly unhealthyThreshold?: number;
  /** State before the first answer. Absent: `up`. */
  readonly initialState?: 'up' | 'down';
  readonly hostname?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface AdvertisedUplink {
  /** The exposed name. */
  readonly name: string;
  /** Hint, 0–1000, default 1; the operator's weight wins. */
  readonly weight: number;
  readonly protocol: 'http';
  readonly healthCheck?: AdvertisedHealthCheck;
  readonly passiveHealthCheck?: {
    readonly failureWindowMs: number;
    readonly maxFailedAttempts: number;
    /** From the end of an ejection to the whole share of requests. Absent: `failureWindowMs`. */
    readonly readmissionMs?: number;
  };
  readonly endpoints: { readonly healthy: number; readonly total: number };
}

export interface Advertisement {
  /** Versions of the uplink protocol the child speaks. */
  readonly protocols: readonly number[];
  /** The child's name; must equal its certificate's. */
  readonly child: string;
  /** The child's software version, for people. */
  readonly version: string;
  /** Grows with every change within one `epoch`. */
  readonly revision: number;
  /** New at every start of the child, so that revision 1 after a restart is not taken for an old one. */
  readonly epoch: string;
  /** `true` once the child is going away: take no new requests to it. */
  readonly draining: boolean;
  /** Without uplinks: what offered them is gone, as who was asked says more than once. No reason to doubt it. */
  readonly emptied?: true;
  readonly uplinks: readonly AdvertisedUplink[];
  /** How the providers fare that find workloads for this child; absent: it has none. */
  readonly providers?: readonly ProviderState[];
}
