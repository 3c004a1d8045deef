/** What the admin and join APIs ask of the running parent. The composition root ties the two together. */

import type { ChildStatus, ParentStatus, UplinkStatus } from '@ficus/common/api/admin.ts';
import type { MirrorStatus } from '@ficus/common/api/mirrors.ts';
import type { RunningView } from '@ficus/gateway/explain/traefik-api/running.ts';
import type { Features } from '@ficus/gateway/explain/traefik-api/summary.ts';
import type { RefusedJoin } from './join/refused-joins.ts';

/** The configuration that serves, for those who ask what it does. */
export interface Running {
  readonly view: RunningView;
  readonly features: Features;
  readonly version: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

export interface ParentRuntime {
  status(): Promise<ParentStatus>;
  children(): Promise<readonly ChildStatus[]>;
  uplinks(): Promise<readonly UplinkStatus[]>;
  mirrors(): Promise<readonly MirrorStatus[]>;
  running(): Promise<Running>;
  /** Counters in Prometheus text format. */
  metrics(): Promise<string>;
  /** The store's weights or modes of `uplink` changed: put them into force. True when every worker acknowledged. */
  legsChanged(uplink: string): Promise<boolean>;
  /** A child joined or changed its address: start watching it. */
  childJoined(name: string): void;
  /** A join was refused: show it. */
  joinRefused(refused: RefusedJoin): void;
  /** Remove its legs and close its connections, within 2 s. */
  childRevoked(name: string): Promise<void>;
  /** This certificate of `child` is refused from now on: close the connections that showed it, within 2 s. */
  certificateRevoked(child: string, serial: string): Promise<void>;
}
