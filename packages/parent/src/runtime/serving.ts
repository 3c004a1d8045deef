/** Keeps the data plane in step with the configuration and the children: rebuilds, patches, and what is shown of both. */
import type { LogLine } from '@ficus/common/log.ts';
import type { Model } from '@ficus/gateway/model/model.ts';
import type { DynamicSource, ModelFragment, Resolved } from '@ficus/gateway/model/resolve-input.ts';
import type { DataPlane, Patch } from '@ficus/gateway/runtime/data-plane.ts';
import { sameJson } from '@ficus/gateway/worker/same-json.ts';
import type { AggregatedUplink } from '../aggregation/aggregate.ts';
import {
  aggregatedService,
  legPatch,
  meshModel,
  multicluster,
  traefikAliases,
} from '../aggregation/mesh-model.ts';
import type { UplinkTerms } from '../aggregation/uplink-terms.ts';
import type { UplinkIdentity } from '../children/uplink-dial.ts';
import { consequences } from './consequence.ts';
import type { HealthBoard } from './health-board.ts';

/** A model, and what of the configuration is disabled in it. */
export interface Built extends Pick<Resolved, 'model' | 'disabled'> {
  /** What it was made from. */
  readonly sources: readonly DynamicSource[];
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
    /** What else is configured of aggregated services. */
    readonly terms?: (uplink: string) => UplinkTerms;
  };
  /** Resolves the configuration as it is now together with what the children add. Pure but for reading it. */
  readonly build: (fragments: readonly ModelFragment[]) => Built;
}

/** `rebuild` is for one caller at a time (a `Rebuilder`); `legsChanged` may come at any moment. */
export class Serving {
  readonly #options: ServingOptions;
  #applied: Model | undefined;
  #disabled: Built['disabled'] = [];
  #built: Built | undefined;
  /** Of the newest model that was refused, while it is the newest. */
  #failure: string | undefined;

  constructor(options: ServingOptions) {
    this.#options = options;
  }

  /** What is in force; undefined before the first model. */
  get built(): Built | undefined {
    return this.#built;
  }
  get disabled(): Built['disabled'] {
    return this.#disabled;
  }
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Builds and applies the model of this moment. A model that can't be applied is told and changes nothing. */
  async rebuild(): Promise<void> {
    try {
      await this.start();
    } catch (error) {
      this.#failure = (error as Error).message;
      this.#options.log('error', 'the new model is not in force, the last one serves on', { error });
    }
  }

  /** The first time: throws what keeps the model from serving (a port in use). */
  async start(): Promise<void> {
    const { dataPlane, board, checker, build } = this.#options;
    const before = this.#aggregated();
    const built = build(this.fragments(before));
    const { model, disabled } = built;
    // Most advertisements change nothing that is routed on (endpoint counts): no new generation for those.
    const same = this.#applied !== undefined && sameJson(this.#applied, model);
    if (!same) await dataPlane.apply(model);
    this.#tellDisabled(model, disabled);
    this.#disabled = disabled;
    this.#built = built;
    // Also when a refused model was taken back, and what serves is what is wanted again.
    this.#failure = undefined;
    if (same) return;
    this.#applied = model;
    // Only now: the board speaks of endpoints that the data plane knows.
    board.update(model);
    checker.update(model);
    this.send(...board.downs(), ...this.#missedLegs(before));
  }

  /** What stops serving with this model is worth a line: a mistake in a name looks just like a child that is not there. */
  #tellDisabled(model: Model, disabled: Built['disabled']): void {
    const before = new Set(this.#disabled.map((each) => JSON.stringify(each)));
    const added = disabled.filter((each) => !before.has(JSON.stringify(each)));
    if (added.length === 0) return;
    const consequence = consequences(model);
    for (const each of added) this.#options.log('warn', consequence(each), { ...each });
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

  /** What the children add to a model. */
  fragments(uplinks: readonly AggregatedUplink[] = this.#aggregated()): readonly ModelFragment[] {
    const { mesh } = this.#options;
    if (mesh === undefined) return [];
    const aliases = traefikAliases(uplinks);
    return [
      {
        provider: multicluster,
        ...meshModel(uplinks, mesh.identity(), mesh.terms),
        lookup: (name) => aliases.get(name),
      },
    ];
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
