/** The `loadBalancer` service: smooth weighted round robin over endpoints that take requests. */
import type { Headers } from '../http/headers.ts';
import type { EndpointModel, LoadBalancerModel, QName } from '../model/model.ts';
import type { Endpoint, EndpointOwner } from './endpoint.ts';
import type { Pick, Service } from './service.ts';
import { SmoothWeighted } from './smooth-weighted.ts';

export class LoadBalancer implements Service, EndpointOwner {
  readonly name: QName;
  readonly passHostHeader: boolean;
  readonly ownFields: string;
  readonly ownHeaders: Headers;
  readonly ownNames: ReadonlySet<string> | undefined;
  readonly uplink: boolean;
  readonly model: LoadBalancerModel;
  readonly refusal = 'service.no-endpoint';
  available = false;
  requests = 0;
  failures = 0;
  retries = 0;
  #endpoints: readonly Endpoint[] = [];
  #models: readonly EndpointModel[] = [];
  #balancer = new SmoothWeighted([]);
  #flags = new Uint8Array(0);
  #listeners: (() => void)[] = [];

  constructor(model: LoadBalancerModel, endpoints: readonly Endpoint[], previous: LoadBalancer | undefined) {
    this.name = model.name;
    this.model = model;
    this.passHostHeader = model.passHostHeader;
    this.uplink = model.uplink;
    this.ownFields = model.requestHeaders.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    this.ownHeaders = model.requestHeaders.flatMap(([name, value]) => [name.toLowerCase(), value, name]);
    this.ownNames =
      model.requestHeaders.length === 0
        ? undefined
        : new Set(model.requestHeaders.map(([name]) => name.toLowerCase()));
    this.setEndpoints(endpoints, model.endpoints, previous);
    if (previous !== undefined) {
      this.requests = previous.requests;
      this.failures = previous.failures;
      this.retries = previous.retries;
    }
  }

  get endpoints(): readonly Endpoint[] {
    return this.#endpoints;
  }

  /** Replaces the endpoints; the balancer's position is kept while they are the same. `attach` must follow. */
  setEndpoints(
    endpoints: readonly Endpoint[],
    models: readonly EndpointModel[],
    previous: LoadBalancer | undefined = this,
  ): void {
    const same =
      previous !== undefined &&
      previous.#endpoints.length === endpoints.length &&
      endpoints.every((endpoint, i) => endpoint === previous.#endpoints[i]);
    const weights = models.map((model) => model.weight);
    // A balancer of its own, so that a generation that is never committed leaves the running one alone.
    this.#balancer = new SmoothWeighted(
      weights,
      same ? weights.map((_, i) => previous.#balancer.phase(i)) : undefined,
    );
    this.#endpoints = endpoints;
    this.#models = models;
    this.#flags = new Uint8Array(endpoints.length);
    this.#refresh();
  }

  /** From here on the endpoints tell this service of their health. */
  attach(): void {
    this.#endpoints.forEach((endpoint, i) => {
      endpoint.attach(this, this.#models[i]!, this.model.passiveHealthCheck, () => this.#refresh());
    });
    this.#refresh();
  }

  onAvailability(listener: () => void): void {
    this.#listeners.push(listener);
  }

  mayEject(endpoint: Endpoint): boolean {
    const share = this.model.passiveHealthCheck?.maxEjectedPercent ?? 100;
    let up = 0;
    let ejected = 0;
    this.#endpoints.forEach((each, i) => {
      if (!each.up || this.#models[i]!.weight === 0) return;
      up++;
      if (each.ejected && each !== endpoint) ejected++;
    });
    return ejected < Math.max(1, Math.floor((up * share) / 100));
  }

  pick(pick: Pick): Endpoint | undefined {
    if (pick.tried !== undefined) return this.#pickAnother(pick.tried);
    // Asked also when `available` is false: then those that are only spared are left.
    const at = this.#balancer.next(this.#flags);
    return at >= 0 ? this.#endpoints[at] : this.#lastResort(undefined);
  }

  #pickAnother(tried: readonly Endpoint[]): Endpoint | undefined {
    const flags = Uint8Array.from(this.#flags);
    this.#endpoints.forEach((endpoint, i) => {
      if (tried.includes(endpoint)) flags[i] = 0;
    });
    const at = this.#balancer.next(flags);
    return at >= 0 ? this.#endpoints[at] : this.#lastResort(tried);
  }

  /** Ejected but not known to be down: better asked than nobody. */
  #lastResort(tried: readonly Endpoint[] | undefined): Endpoint | undefined {
    return this.#endpoints.find(
      (endpoint, i) => endpoint.up && this.#models[i]!.weight > 0 && tried?.includes(endpoint) !== true,
    );
  }

  #refresh(): void {
    let available = false;
    this.#endpoints.forEach((endpoint, i) => {
      const takes = endpoint.available && this.#models[i]!.weight > 0;
      this.#flags[i] = takes ? 1 : 0;
      // Those that fail and are only spared keep a service alone busy, but another service is the better choice.
      if (takes && !endpoint.spared) available = true;
    });
    if (available === this.available) return;
    this.available = available;
    for (const listener of this.#listeners) listener();
  }
}
