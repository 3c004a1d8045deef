/** Keeps the data plane in step with the configuration and the children: rebuilds, patches, and what is shown of both. */
import { createHash } from 'node:crypto';
import type { LogLine } from '@ficus/common/log.ts';
import type { Model } from '@ficus/gateway/model/model.ts';
import type { DataPlane, Patch } from '@ficus/gateway/runtime/data-plane.ts';
import type { AggregatedUplink } from '../aggregation/aggregate.ts';
import { aggregatedService, type MeshModel, meshModel, traefikAliases } from '../aggregation/mesh-model.ts';
import type { UplinkIdentity } from '../children/uplink-dial.ts';
import type { HealthBoard } from './health-board.ts';
import { legPatch } from './mesh.ts';

/** What children add to a model. */
export interface MeshInput extends MeshModel {
  /** Traefik's `<name>-<child>` → `<name>/<child>`, where it is unambiguous. */
  readonly aliases: ReadonlyMap<string, string>;
}

/** A model, and what of the configuration is disabled in it. */
export interface Built {
  readonly model: Model;
  readonly disabled: readonly { readonly kind: string; readonly name: string; readonly reason: string }[];
}

export interface ServingOptions {
  readonly log: LogLine;
  readonly dataPlane: Pick<DataPlane, 'apply' | 'patch'>;
  readonly board: Pick<HealthBoard, 'update' | 'downs'>;
  /** Runs the advertised and configured health checks of a model. */
  readonly checker: { update(model: Model): void };
  /** What the children offer now; absent in a plain reverse proxy. */
  readonly mesh?: {
    readonly aggregated: () => readonly AggregatedUplink[];
    readonly identity: () => UplinkIdentity;
  };
  /** Resolves the configuration as it is now together with what the children add. Pure but for reading it. */
  readonly build: (mesh: MeshInput) => Built;
}

const nothing: MeshInput = { services: [], transports: [], aliases: new Map() };

/** `rebuild` is for one caller at a time (a `Rebuilder`); `legsChanged` may come at any moment. */
export class Serving {
  readonly #options: ServingOptions;
  #appliedHash = '';
  #disabled: Built['disabled'] = [];
  /** Of the newest model that was refused, while it is the newest. */
  #failure: string | undefined;

  constructor(options: ServingOptions) {
    this.#options = options;
  }

  get disabled(): Built['disabled'] {
    return this.#disabled;
  }
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Builds and applies the model of this moment. A model that can't be applied is told and changes nothing. */
  async rebuild(): Promise<void> {
    const { log, dataPlane, board, checker, build } = this.#options;
    try {
      const before = this.#aggregated();
      const { model, disabled } = build(this.#meshInput(before));
      this.#disabled = disabled;
      const hash = createHash('sha256').update(JSON.stringify(model)).digest('base64');
      if (hash === this.#appliedHash) return;
      board.update(model);
      await dataPlane.apply(model);
      this.#appliedHash = hash;
      this.#failure = undefined;
      checker.update(model);
      this.send(...board.downs(), ...this.#missedLegs(before));
    } catch (error) {
      this.#failure = (error as Error).message;
      log('error', 'the new model could not be put into force, the last one serves on', { error });
    }
  }

  /** Puts the weights and modes of one uplink into force, in place. True when every worker has them. */
  async legsChanged(uplink: string): Promise<boolean> {
    const changed = this.#aggregated().find(({ name }) => name === uplink);
    if (changed === undefined) return true;
    try {
      await this.#options.dataPlane.patch(legsOf(changed));
      return true;
    } catch (error) {
      this.#options.log('error', 'a change of legs did not reach every worker', { uplink, error });
      return false;
    }
  }

  #aggregated(): readonly AggregatedUplink[] {
    return this.#options.mesh?.aggregated() ?? [];
  }

  #meshInput(uplinks: readonly AggregatedUplink[]): MeshInput {
    const { mesh } = this.#options;
    if (mesh === undefined) return nothing;
    return { ...meshModel(uplinks, mesh.identity()), aliases: traefikAliases(uplinks) };
  }

  /** Weights that changed while the model was under way: their patch reached only the generation before. */
  #missedLegs(before: readonly AggregatedUplink[]): readonly Patch[] {
    const built = new Map(before.map((uplink) => [uplink.name, JSON.stringify(legPatch(uplink))]));
    return this.#aggregated()
      .filter(
        (uplink) => built.has(uplink.name) && built.get(uplink.name) !== JSON.stringify(legPatch(uplink)),
      )
      .map(legsOf);
  }

  /** Sends patches without waiting for the workers. */
  send(...patches: readonly Patch[]): void {
    for (const patch of patches) {
      void this.#options.dataPlane.patch(patch).catch((error: unknown) => {
        this.#options.log('warn', 'a change did not reach every worker', { kind: patch.kind, error });
      });
    }
  }
}

function legsOf(uplink: AggregatedUplink): Patch {
  return { kind: 'legs', service: aggregatedService(uplink.name), legs: legPatch(uplink) };
}
