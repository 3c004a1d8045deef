/** The running parent as its admin and join APIs see it. */
import type { ChildStatus, ParentStatus, StatusProblem, UplinkStatus } from '@ficus/common/api/admin.ts';
import type { Clock } from '@ficus/common/clock.ts';
import type { FicusError } from '@ficus/common/errors.ts';
import type { DataPlane } from '@ficus/gateway/runtime/data-plane.ts';
import { childId } from '@ficus/pki/identity.ts';
import type { ParentConfig } from '../config/parent-config.ts';
import type { Installs } from '../install/installs.ts';
import { RefusedJoins } from '../join/refused-joins.ts';
import type { ParentRuntime, Running } from '../runtime-port.ts';
import type { Configuration } from './configuration.ts';
import type { Decisions } from './decisions.ts';
import type { HealthBoard } from './health-board.ts';
import type { Mesh } from './mesh.ts';
import { metricsText } from './metrics.ts';
import { mirrorStatus } from './mirror-status.ts';
import type { Rebuilder } from './rebuilder.ts';
import { statesOf, withLegs } from './running.ts';
import type { Serving } from './serving.ts';
import { uplinkStatus } from './uplink-status.ts';

export interface ParentRuntimeOptions {
  readonly name: string;
  readonly version: string;
  readonly trustDomain: string;
  readonly clock: Clock;
  readonly dataPlane: Pick<DataPlane, 'patch' | 'stats'>;
  readonly configuration: Pick<Configuration, 'status'>;
  readonly serving: Pick<Serving, 'legsChanged' | 'disabled' | 'failure' | 'built'>;
  readonly config: Pick<ParentConfig, 'entryPoints' | 'accessLog' | 'file' | 'meshEnabled'>;
  readonly rebuilder: Pick<Rebuilder, 'now'>;
  readonly board: Pick<HealthBoard, 'healthOf'>;
  readonly decisions: Pick<Decisions, 'problem'>;
  readonly mesh: Pick<Mesh, 'status' | 'aggregated' | 'follow' | 'drop'>;
  readonly installs: Pick<Installs, 'failure'>;
}

/** Ties the running parts together; owns none of them. */
export function parentRuntime(options: ParentRuntimeOptions): ParentRuntime {
  const { name, version, trustDomain, clock, dataPlane, configuration, serving, rebuilder, board, mesh } =
    options;
  const { decisions, installs } = options;
  const refusedJoins = new RefusedJoins(clock);
  const startedAt = new Date(clock.now()).toISOString();
  const children = (): readonly ChildStatus[] => mesh.status();

  async function uplinks(): Promise<readonly UplinkStatus[]> {
    return uplinkStatus(mesh.aggregated(), await dataPlane.stats(), board);
  }

  async function status(): Promise<ParentStatus> {
    const stats = await dataPlane.stats();
    const { revision, loadedAt, refused, held } = configuration.status();
    return {
      name,
      version,
      startedAt,
      workers: stats.workers,
      configuration: {
        revision,
        loadedAt: new Date(loadedAt).toISOString(),
        ...(refused.length === 0 ? {} : { refused }),
        ...(held.length === 0 ? {} : { held }),
      },
      disabled: serving.disabled,
      children: children(),
      uplinks: uplinkStatus(mesh.aggregated(), stats, board),
      problems: problems(),
    };
  }

  function problems(): readonly StatusProblem[] {
    const at = new Date(clock.now()).toISOString();
    const { failure } = installs;
    return [
      ...(decisions.problem === undefined ? [] : [decisions.problem]),
      ...(failure === undefined ? [] : [{ code: failure.code, message: told(failure), at, count: 1 }]),
      ...(serving.failure === undefined
        ? []
        : [{ code: 'model.not-applied', message: serving.failure, at, count: 1 }]),
      ...refusedJoins.list(),
    ];
  }

  async function running(): Promise<Running> {
    const stats = await dataPlane.stats();
    const { built } = serving;
    if (built === undefined) throw new Error('the admin API started before the first model');
    const { entryPoints, accessLog, file, meshEnabled } = options.config;
    return {
      view: {
        running: true,
        model: withLegs(built.model, mesh.aggregated()),
        disabled: built.disabled,
        sources: built.sources,
        entryPoints,
        mirrors: mirrorStatus(stats.mirrors),
        circuits: new Map(stats.circuits.map(({ name: circuit, state }) => [circuit, state])),
        stateOf: statesOf(board, stats),
      },
      features: { accessLog: accessLog !== undefined, mesh: meshEnabled, file: file !== undefined },
      version,
      startedAt,
    };
  }

  return {
    status,
    uplinks,
    running,
    children: async () => children(),
    mirrors: async () => mirrorStatus((await dataPlane.stats()).mirrors),
    async metrics() {
      const stats = await dataPlane.stats();
      const { revision, refusals } = configuration.status();
      const shown = uplinkStatus(mesh.aggregated(), stats, board);
      return metricsText(stats, children(), shown, { applied: revision, refused: refusals });
    },
    // What was stored is not what the workers got when it could not be read back.
    legsChanged: async (uplink) => (await serving.legsChanged(uplink)) && decisions.problem === undefined,
    childJoined(child) {
      refusedJoins.joined(child);
      mesh.follow(child);
    },
    joinRefused: (refused) => refusedJoins.add(refused),
    async childRevoked(child) {
      mesh.drop(child);
      // Its legs go first: a connection closed before them would be dialled again.
      await rebuilder.now();
      await dataPlane.patch({ kind: 'closePeer', uri: childId(trustDomain, child) });
    },
    async certificateRevoked(child) {
      // Watch and probe refuse the serial at their next handshake, which this brings about.
      mesh.follow(child);
      await dataPlane.patch({ kind: 'closePeer', uri: childId(trustDomain, child) });
    },
  };
}

/** A status problem has no member of its own for what to do. */
function told({ message, remedy }: FicusError): string {
  return remedy === undefined ? message : `${message}; ${remedy}`;
}
