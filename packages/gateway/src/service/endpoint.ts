/** One address of a workload within one service: its health, its counters, its pool. Outlives generations. */
import type { GatewayErrorCode } from '../http/errors.ts';
import type { Headers } from '../http/headers.ts';
import type { EndpointModel, LoadBalancerModel, QName } from '../model/model.ts';
import type { Timed } from '../net/deadlines.ts';
import type { Pool } from './pool.ts';
import { RecentAverage } from './recent-average.ts';

/** How long an endpoint that could not be dialled is left alone when others can take its share. */
const dialEjectionMs = 1000;
const never = Number.POSITIVE_INFINITY;

/** The service an endpoint belongs to, as a request sees it. */
export interface EndpointOwner {
  readonly passHostHeader: boolean;
  /** Fields this service sets, as text ready to send, '' for none; and their names, which nobody else may set. */
  readonly ownFields: string;
  /** The same as a list. */
  readonly ownHeaders: Headers;
  readonly ownNames: ReadonlySet<string> | undefined;
  readonly uplink: boolean;
  requests: number;
  failures: number;
  retries: number;
  /** Whether `endpoint` may take no requests for a while because it fails them: enough others are left. */
  mayEject(endpoint: Endpoint): boolean;
}

/** Passive verdicts go here: to this process's control plane, or over the pipe to it. */
export type FailureReporter = (endpoint: Endpoint, code: GatewayErrorCode, detail: string) => void;

export class Endpoint implements Timed {
  deadline = never;
  readonly service: QName;
  model: EndpointModel;
  owner!: EndpointOwner;
  readonly pool: Pool;
  /** Requests that were given to it and are not over. */
  inFlight = 0;
  /** Takes no new requests, only those of sessions that are stuck to it. */
  fenced: boolean;
  /** Fails as much as an ejected one, but so many others are ejected that it must go on. */
  spared = false;
  #firstBytes: RecentAverage | undefined;
  #passive: LoadBalancerModel['passiveHealthCheck'];
  readonly #report: FailureReporter;
  #up = true;
  #ejected = false;
  #failures: number[] = [];
  #changed: (() => void) | undefined;

  constructor(service: QName, model: EndpointModel, pool: Pool, report: FailureReporter) {
    this.service = service;
    this.model = model;
    this.fenced = model.fenced === true;
    this.pool = pool;
    this.#report = report;
    pool.deadlines.add(this);
  }

  /** Takes requests: no active check says otherwise and it is not ejected. */
  get available(): boolean {
    return this.#up && !this.#ejected;
  }

  /** Not known to be down: good enough when nothing else is left. */
  get up(): boolean {
    return this.#up;
  }

  /** Takes no requests for a while because it failed some. */
  get ejected(): boolean {
    return this.#ejected;
  }

  /**
   * Asked once, when a balancer has picked it. False: not this time, for it is just coming back from an ejection and
   * takes only a part of its share; pick another if there is one.
   */
  admits(): boolean {
    return true;
  }

  /** `ms` went by from the request to the first byte of the response. */
  timeToFirstByte(ms: number): void {
    this.#firstBytes ??= new RecentAverage();
    this.#firstBytes.add(ms);
  }

  /** Mean of the last 100 times to the first byte, milliseconds; 0 while there are none. */
  get averageMs(): number {
    return this.#firstBytes?.value ?? 0;
  }

  /** The service that serves it from now on, and its place there. */
  attach(
    owner: EndpointOwner,
    model: EndpointModel,
    passive: LoadBalancerModel['passiveHealthCheck'],
    changed: () => void,
  ): void {
    this.owner = owner;
    this.model = model;
    this.fenced = model.fenced === true;
    this.#passive = passive;
    this.#changed = changed;
  }

  /** A verdict of an active check. Down also frees requests that still wait for a head and may go elsewhere. */
  setUp(up: boolean): void {
    const before = this.available;
    this.#up = up;
    // A proven recovery ends an ejection too.
    if (up) this.#readmit();
    else this.pool.moveFrom(this);
    if (this.available !== before) this.#changed?.();
  }

  /** The endpoint failed a request. */
  failed(code: GatewayErrorCode, detail: string): void {
    this.#report(this, code, detail);
    if (this.#passive !== undefined) this.#countFailure(this.#passive);
    else if (code === 'endpoint.dial' || code === 'endpoint.dial-timeout' || code === 'endpoint.tls')
      this.#eject(dialEjectionMs);
  }

  /** The endpoint answered with this status. */
  answered(status: number): void {
    if (this.#passive === undefined) return;
    if (status >= 500) this.#countFailure(this.#passive);
    else if (this.#failures.length > 0) this.#failures = [];
  }

  expired(): void {
    if (!this.#ejected) return;
    const before = this.available;
    this.#readmit();
    if (this.available !== before) this.#changed?.();
  }

  dispose(): void {
    this.pool.deadlines.delete(this);
    this.#changed = undefined;
  }

  #countFailure(passive: NonNullable<LoadBalancerModel['passiveHealthCheck']>): void {
    const now = this.pool.deadlines.now;
    this.#failures = this.#failures.filter((at) => now - at < passive.failureWindowMs);
    this.#failures.push(now);
    if (this.#failures.length >= passive.maxFailedAttempts) {
      this.#failures = [];
      this.#eject(passive.failureWindowMs);
    }
  }

  #eject(ms: number): void {
    this.deadline = this.pool.deadlines.now + ms;
    if (this.#ejected) return;
    const before = this.available;
    this.#ejected = true;
    if (before) this.#changed?.();
  }

  #readmit(): void {
    this.#ejected = false;
    this.deadline = never;
  }
}
