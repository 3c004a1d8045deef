/** The `loadBalancer` service: endpoints that take requests, one of them chosen by its strategy or by a session's cookie. */
import type { Headers } from '../http/headers.ts';
import type { EndpointModel, LoadBalancerModel, QName } from '../model/model.ts';
import { type Strategy, strategyOf } from './balance/strategy.ts';
import type { Endpoint, EndpointOwner } from './endpoint.ts';
import type { Pick, Service } from './service.ts';
import { stickyEndpoints } from './sticky/make-sticky.ts';
import type { Sticky } from './sticky/sticky.ts';

export class LoadBalancer implements Service, EndpointOwner {
  readonly name: QName;
  readonly passHostHeader: boolean;
  readonly ownFields: string;
  readonly ownHeaders: Headers;
  readonly ownNames: ReadonlySet<string> | undefined;
  readonly uplink: boolean;
  readonly timed: boolean;
  readonly model: LoadBalancerModel;
  readonly refusal = 'service.no-endpoint';
  available = false;
  requests = 0;
  failures = 0;
  retries = 0;
  #endpoints: readonly Endpoint[] = [];
  #models: readonly EndpointModel[] = [];
  #strategy: Strategy;
  /** For those that are picked in place of another one: nobody's turn is lost by that. */
  #spare: Strategy | undefined;
  #sticky: Sticky | undefined;
  #flags = new Uint8Array(0);
  /** The one endpoint that takes requests, -1 when there are none or several. */
  #lone = -1;
  #listeners: (() => void)[] = [];
  /** Of the generation that is being built, in place of the others once it serves. */
  #nextListeners: (() => void)[] | undefined;
  /** The endpoints are those of the model. */
  #asModelled = true;

  constructor(model: LoadBalancerModel, endpoints: readonly Endpoint[], previous: LoadBalancer | undefined) {
    this.name = model.name;
    this.model = model;
    this.#strategy = strategyOf(model, [], [], undefined);
    this.passHostHeader = model.passHostHeader;
    this.uplink = model.uplink;
    this.timed = model.strategy === 'leasttime';
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
    const phases = same ? weights.map((_, i) => previous.#strategy.phase?.(i)) : undefined;
    // A strategy of its own, so that a generation that is never committed leaves the running one alone.
    this.#strategy = strategyOf(this.model, models, endpoints, phases);
    this.#spare = undefined;
    const { sticky, strategy } = this.model;
    if (strategy !== 'hrw') this.#sticky = stickyEndpoints(sticky, models);
    this.#endpoints = endpoints;
    this.#models = models;
    this.#flags = new Uint8Array(endpoints.length);
    this.#refresh();
  }

  /**
   * Whether this one serves in the next generation too, whose `model` it is there: nothing has changed. Who listens to it
   * in that generation does so from now on, and hears once that has taken over.
   */
  goesOnAs(model: LoadBalancerModel, transport: object): boolean {
    const same =
      model === this.model &&
      this.#asModelled &&
      this.#endpoints.every(({ pool }) => pool.transport === transport);
    if (same) this.#nextListeners = [];
    return same;
  }

  /** The generation it was built for, or goes on in, serves. */
  takeOver(): void {
    if (this.#nextListeners === undefined) {
      this.attach();
      return;
    }
    // Its endpoints tell it of their health already.
    this.#listeners = this.#nextListeners;
    this.#nextListeners = undefined;
  }

  /** The endpoints are others than the model says. */
  departed(): void {
    this.#asModelled = false;
  }

  /** From here on the endpoints tell this service of their health. */
  attach(): void {
    this.#endpoints.forEach((endpoint, i) => {
      endpoint.attach(this, this.#models[i]!, this.model.passiveHealthCheck, () => this.#refresh());
    });
    this.#refresh();
  }

  onAvailability(listener: () => void): void {
    (this.#nextListeners ?? this.#listeners).push(listener);
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

  /** With several endpoints each is asked by itself. */
  admits(): boolean {
    return this.#lone < 0 || (this.#endpoints[this.#lone] as Endpoint).admits();
  }

  pick(pick: Pick): Endpoint | undefined {
    const sticky = this.#sticky;
    if (sticky === undefined) return this.#endpoints[this.#choose(pick)];
    const cookie = sticky.read(pick);
    const known = cookie === undefined ? -1 : sticky.choice(cookie);
    const at = known >= 0 && this.#holds(known, pick) ? known : this.#choose(pick);
    if (at >= 0) sticky.keep(pick, at, cookie);
    return this.#endpoints[at];
  }

  /** Whether a session stays at endpoint `index`: unlike new requests, it does where that is fenced. */
  #holds(index: number, pick: Pick): boolean {
    const endpoint = this.#endpoints[index] as Endpoint;
    const { weight } = this.#models[index] as EndpointModel;
    return endpoint.available && weight > 0 && pick.tried?.includes(endpoint) !== true;
  }

  /** Index of an endpoint, -1 for none. */
  #choose(pick: Pick): number {
    if (pick.tried !== undefined) return this.#chooseAnother(pick, pick.tried);
    const at = this.#strategy.next(this.#flags, pick.request);
    if (at < 0) return this.#lastResort(undefined);
    // One alone has no other to leave it to; a service above has asked.
    if (at === this.#lone || (this.#endpoints[at] as Endpoint).admits()) return at;
    return this.#chooseAnother(pick, [this.#endpoints[at] as Endpoint], at);
  }

  /** None of `passedOver`; `second` is better than none. */
  #chooseAnother(pick: Pick, passedOver: readonly Endpoint[], second = -1): number {
    const flags = Uint8Array.from(this.#flags);
    this.#endpoints.forEach((endpoint, i) => {
      if (passedOver.includes(endpoint)) flags[i] = 0;
    });
    this.#spare ??= strategyOf(this.model, this.#models, this.#endpoints, undefined);
    let best = second;
    for (;;) {
      const at = this.#spare.next(flags, pick.request);
      if (at < 0) return best >= 0 ? best : this.#lastResort(passedOver);
      if ((this.#endpoints[at] as Endpoint).admits()) return at;
      if (best < 0) best = at;
      flags[at] = 0;
    }
  }

  /** Ejected but not known to be down: better asked than nobody. */
  #lastResort(tried: readonly Endpoint[] | undefined): number {
    return this.#endpoints.findIndex(
      (endpoint, i) => endpoint.up && takesNew(this.#models[i]!) && tried?.includes(endpoint) !== true,
    );
  }

  #refresh(): void {
    let available = false;
    let taking = 0;
    this.#endpoints.forEach((endpoint, i) => {
      const takes = endpoint.available && takesNew(this.#models[i]!);
      this.#flags[i] = takes ? 1 : 0;
      if (takes) {
        this.#lone = i;
        taking++;
      }
      // Those that fail and are only spared keep a service alone busy, but another service is the better choice.
      if (takes && !endpoint.spared) available = true;
    });
    if (taking !== 1) this.#lone = -1;
    if (available === this.available) return;
    this.available = available;
    for (const listener of this.#listeners) listener();
  }
}

/** Whether requests without a session may go there. */
function takesNew({ weight, fenced }: EndpointModel): boolean {
  return weight > 0 && fenced !== true;
}
