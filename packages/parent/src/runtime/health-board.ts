/** Joins what the liveness of a child and the health check of a service say into one verdict per endpoint. */
import type { LegStatus } from '@ficus/common/api/admin.ts';
import type { LoadBalancerModel, Model, QName } from '@ficus/gateway/model/model.ts';
import type { Patch } from '@ficus/gateway/runtime/data-plane.ts';
import { multicluster } from '../aggregation/mesh-model.ts';

type HealthPatch = Extract<Patch, { kind: 'health' }>;

interface Endpoint {
  readonly service: QName;
  readonly host: string;
  readonly port: number;
  checkUp: boolean | undefined;
  checkReason: string;
  /** Last sent, or what the data plane assumes. */
  up: boolean;
  /** What a data plane that starts now would assume. */
  readonly initially: boolean;
}

/** An endpoint is up while neither of the two says down. */
export class HealthBoard {
  readonly #send: (patch: HealthPatch) => void;
  /** Address (host and port) → why it is down, for children that don't answer. */
  readonly #dead = new Map<string, string>();
  #endpoints = new Map<string, Endpoint>();

  /** `send` gets a patch at each change of a verdict. */
  constructor(send: (patch: HealthPatch) => void) {
    this.#send = send;
  }

  /** The endpoints of `model` count from now on; verdicts on those that stay are kept. */
  update(model: Model): void {
    const next = new Map<string, Endpoint>();
    const changed: string[] = [];
    for (const service of model.services) {
      if (service.kind !== 'loadBalancer') continue;
      for (const { host, port } of service.endpoints) {
        const key = keyOf(service.name, host, port);
        const initially = service.healthCheck?.initialState !== 'down';
        const known = this.#endpoints.get(key) ?? {
          checkUp: initially ? undefined : false,
          checkReason: initially ? '' : 'not checked yet',
          up: initially,
          initially,
        };
        next.set(key, {
          service: service.name,
          host,
          port,
          checkUp: service.healthCheck === undefined ? undefined : known.checkUp,
          checkReason: known.checkReason,
          up: known.up,
          initially,
        });
        if (known.initially !== initially) changed.push(key);
      }
    }
    this.#endpoints = next;
    for (const endpoint of next.values()) this.#settle(endpoint);
    // A worker that starts later must not assume of them what is no longer so.
    for (const key of changed) this.#send(this.#patch(next.get(key) as Endpoint));
  }

  /** A child's address answers, or doesn't; it counts for every service that has this address as an uplink. */
  child(host: string, port: number, up: boolean, reason: string): void {
    const address = addressOf(host, port);
    if (up) this.#dead.delete(address);
    else this.#dead.set(address, reason);
    for (const endpoint of this.#endpoints.values()) {
      if (endpoint.host === host && endpoint.port === port) this.#settle(endpoint);
    }
  }

  /** Nobody watches this address any more. */
  forget(host: string, port: number): void {
    this.#dead.delete(addressOf(host, port));
  }

  /** Verdict of a service's own health check. */
  check(service: QName, host: string, port: number, up: boolean, reason: string): void {
    const endpoint = this.#endpoints.get(keyOf(service, host, port));
    if (endpoint === undefined) return;
    endpoint.checkUp = up;
    endpoint.checkReason = reason;
    this.#settle(endpoint);
  }

  /** Patches of everything that is down: a new generation starts with all up. */
  downs(): readonly HealthPatch[] {
    return [...this.#endpoints.values()].filter(({ up }) => !up).map((endpoint) => this.#patch(endpoint));
  }

  /** Health of one load balancer: down when none of its endpoints is up. */
  healthOf({
    name,
    endpoints,
  }: Pick<LoadBalancerModel, 'name' | 'endpoints'>): Pick<LegStatus, 'health' | 'reason'> {
    const found = endpoints.map(({ host, port }) => this.#endpoints.get(keyOf(name, host, port)));
    if (found.some((endpoint) => endpoint?.up === true)) return { health: 'up' };
    const down = found.find((endpoint) => endpoint?.up === false);
    if (down === undefined) return { health: 'unknown' };
    return { health: 'down', reason: this.#patch(down).reason };
  }

  #settle(endpoint: Endpoint): void {
    const dead = isUplink(endpoint) && this.#dead.has(addressOf(endpoint.host, endpoint.port));
    const up = !dead && endpoint.checkUp !== false;
    if (up === endpoint.up) return;
    endpoint.up = up;
    this.#send(this.#patch(endpoint));
  }

  #patch(endpoint: Endpoint): HealthPatch {
    const { service, host, port, up, checkUp, checkReason } = endpoint;
    const dead = isUplink(endpoint) ? this.#dead.get(addressOf(host, port)) : undefined;
    const reason = dead ?? (checkUp === undefined ? 'it answers' : checkReason);
    return { kind: 'health', service, endpoint: { host, port }, up, reason };
  }
}

function isUplink({ service }: Endpoint): boolean {
  return service[1] === multicluster;
}

function addressOf(host: string, port: number): string {
  return JSON.stringify([host, port]);
}

/** JSON of a tuple: names hold any character, and must not run into each other. */
function keyOf(service: QName, host: string, port: number): string {
  return JSON.stringify([service, host, port]);
}
