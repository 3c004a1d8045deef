/** What the child serves and says it serves, kept in step: model, identity, health verdicts and advertisement. */
import type { Clock } from '@ficus/common/clock.ts';
import type { Log } from '@ficus/common/log.ts';
import type { Model, QName } from '@ficus/gateway/model/model.ts';
import type { ResolvedUplink } from '@ficus/gateway/model/resolve-input.ts';
import type { DataPlane } from '@ficus/gateway/runtime/data-plane.ts';
import { withEndpoints } from './advertisement/build.ts';
import type { AdvertisementPublisher } from './advertisement/publisher.ts';
import { type LastGood, writeLastGood } from './state/last-good.ts';
import { type UplinkIdentity, withIdentity } from './state/uplink-identity.ts';

/** The active checks, as much of them as is needed here. */
export interface HealthChecks {
  update(model: Model): void;
  onVerdict(listener: (verdict: HealthVerdict) => void): void;
  state(service: QName): { readonly healthy: number; readonly total: number };
  close(): void;
}
export interface HealthVerdict {
  readonly service: QName;
  readonly endpoint: { readonly host: string; readonly port: number };
  readonly up: boolean;
  readonly reason: string;
}

export interface ServingParts {
  readonly dataPlane: Pick<DataPlane, 'apply' | 'patch'>;
  readonly publisher: AdvertisementPublisher;
  readonly health: HealthChecks;
  /** Providers that find workloads: when all of theirs go, it is not for a lost file. Default: none. */
  readonly finders?: ReadonlySet<string>;
  readonly stateDirectory: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** How long a workload that is no longer advertised still answers, for parents that are just learning it. */
const farewellMs = 250;

/** Applies changes one after the other, so that a renewed certificate never loses against an older model. */
export class Serving {
  readonly #parts: ServingParts;
  #identity: UplinkIdentity;
  #current: Omit<LastGood, 'config'> = { model: emptyModel, offers: [] };
  #emptied = false;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(parts: ServingParts, identity: UplinkIdentity) {
    this.#parts = parts;
    this.#identity = identity;
    parts.health.onVerdict((verdict) => this.#onVerdict(verdict));
  }

  /** Serves `next` and advertises it; keeps it as the last good one. Rejects and changes nothing when it can't be built. */
  apply(next: LastGood): Promise<void> {
    return this.#inTurn(async () => {
      const { dataPlane, health, stateDirectory, log } = this.#parts;
      const names = new Set(next.offers.map((offer) => offer.name));
      this.#emptied = next.offers.length === 0 && (this.#emptied || this.#allFound());
      const staying = this.#current.offers.filter((offer) => names.has(offer.name));
      if (staying.length < this.#current.offers.length) await this.#sayFarewell(staying);
      try {
        await dataPlane.apply(withIdentity(next.model, this.#identity));
      } catch (error) {
        this.#publish();
        throw error;
      }
      this.#current = next;
      health.update(next.model);
      this.#publish();
      // Serving goes on with a full disk; only a restart with a broken configuration would miss it.
      await writeLastGood(stateDirectory, next).catch((err: unknown) => {
        log.error({ err }, 'the last good model can’t be kept');
      });
    });
  }

  /** Shows `identity` on every uplink entrypoint from now on; connections that are up go on. */
  applyIdentity(identity: UplinkIdentity): Promise<void> {
    return this.#inTurn(async () => {
      for (const { name, uplink } of this.#current.model.entryPoints) {
        if (uplink !== undefined) {
          await this.#parts.dataPlane.patch({ kind: 'uplinkIdentity', entryPoint: name, ...identity });
        }
      }
      this.#identity = identity;
    });
  }

  /** Resolves when all changes asked for so far are done. */
  async settled(): Promise<void> {
    await this.#queue;
  }

  #inTurn(change: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(change);
    this.#queue = done.catch(() => {});
    return done;
  }

  async #sayFarewell(staying: readonly ResolvedUplink[]): Promise<void> {
    this.#publish(staying);
    await new Promise<void>((resolve) => {
      this.#parts.clock.after(farewellMs, resolve);
    });
  }

  #publish(offers: readonly ResolvedUplink[] = this.#current.offers): void {
    const { publisher, health } = this.#parts;
    const uplinks = withEndpoints(offers, this.#current.model, (service) => health.state(service));
    publisher.update(uplinks, this.#emptied);
  }

  /** Whether all that is offered now was found by providers. */
  #allFound(): boolean {
    const { offers } = this.#current;
    const { finders } = this.#parts;
    if (finders === undefined || offers.length === 0) return false;
    return offers.every(
      ({ services }) => services.length > 0 && services.every(([, provider]) => finders.has(provider)),
    );
  }

  #onVerdict(verdict: HealthVerdict): void {
    const { dataPlane, log } = this.#parts;
    const { service, endpoint, up, reason } = verdict;
    const fields = { service: service.join('@'), endpoint: `${endpoint.host}:${endpoint.port}`, reason };
    log[up ? 'info' : 'warn'](fields, up ? 'endpoint is up' : 'endpoint is down');
    dataPlane.patch({ kind: 'health', ...verdict }).catch((err: unknown) => {
      log.error({ err, ...fields }, 'health verdict not applied');
    });
    this.#publish();
  }
}

const emptyModel: Model = {
  entryPoints: [],
  routers: [],
  middlewares: [],
  services: [],
  transports: [],
  certificates: [],
};
