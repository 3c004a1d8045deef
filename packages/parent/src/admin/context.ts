/** What the admin API's routes work with: of every parent, and of one that has children. */
import type { InstallStatus } from '@ficus/common/api/install.ts';
import type { Clock } from '@ficus/common/clock.ts';
import type { LogLine } from '@ficus/common/log.ts';
import type { Authority } from '@ficus/pki/authority.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ParentRuntime } from '../runtime-port.ts';
import type { Change, Store } from '../store/store.ts';

/** Of every parent. */
export interface RunningContext {
  readonly runtime: ParentRuntime;
  readonly clock: Clock;
  readonly log: LogLine;
  /** By which way a request came, for the history. */
  readonly via: (request: FastifyRequest) => 'socket' | 'token';
}

/** Of one that has children. */
export interface AdminContext extends RunningContext {
  readonly store: Store;
  readonly authority: Pick<Authority, 'trustDomain' | 'roots' | 'pin'>;
  /** Printed in the join command: `https://parent.example.com:8443`. */
  readonly joinUrl: string;
  /** Host names and addresses in the join listener's certificate. */
  readonly joinNames: readonly string[];
  /** What new machines can install from here. */
  readonly install: () => Pick<InstallStatus, 'bundle' | 'manifestSha256' | 'problem'>;
}

/** Adds some routes. */
export type Routes<C extends RunningContext = AdminContext> = (app: FastifyInstance, context: C) => void;

/** Who does this and why, as the history keeps it; `why` when the body says nothing. */
export function changeOf(request: FastifyRequest, { via }: AdminContext, why?: string): Change {
  const body = (request.body ?? {}) as { reason?: string; actor?: string };
  const header = request.headers['x-ficus-actor'];
  const actor = body.actor ?? (typeof header === 'string' ? header : undefined) ?? 'unknown';
  return { actor: `${via(request)}:${actor}`, reason: body.reason ?? why ?? '' };
}
