/** What the admin and join APIs ask of the running parent. The composition root ties the two together. */
import type { ChildStatus, ParentStatus, UplinkStatus } from '@ficus/common/api/admin.ts';

export interface ParentRuntime {
  status(): Promise<ParentStatus>;
  children(): Promise<readonly ChildStatus[]>;
  uplinks(): Promise<readonly UplinkStatus[]>;
  /** Counters in Prometheus text format. */
  metrics(): Promise<string>;
  /** The store's weights or modes of `uplink` changed: put them into force. True when every worker acknowledged. */
  legsChanged(uplink: string): Promise<boolean>;
  /** A child joined or changed its address: start watching it. */
  childJoined(name: string): void;
  /** Remove its legs and close its connections, within 2 s. */
  childRevoked(name: string): Promise<void>;
  /** This certificate of `child` is refused from now on: close the connections that showed it, within 2 s. */
  certificateRevoked(child: string, serial: string): Promise<void>;
}
