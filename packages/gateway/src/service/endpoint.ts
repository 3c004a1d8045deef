/** One address of a workload within one service: its health, its counters, its pool. Outlives generations. */
import type { GatewayErrorCode } from '../http/errors.ts';
import type { Headers } from '../http/headers.ts';
import type { EndpointModel, LoadBalancerModel, QName } from '../model/model.ts';
import type { DataPlaneLog } from '../runtime/data-plane.ts';
import { Ejection } from './ejection.ts';
import type { Pool } from './pool.ts';
import { RecentAverage } from './recent-average.ts';

/** How long an endpoint that could not be dialled is left alone when others can take its share. */
const dialEjectionMs = 1000;

/** The service an endpoint belongs to, as a request sees it. */
export interface EndpointOwner {
  readonly passHostHeader: boolean;
  /** Fields this service sets, as text ready to send, '' for none; and their names, which nobody else may set. */
  readonly ownFields: string;
  /** The same as a list. */
  readonly ownHeaders: Headers;
  readonly ownNames: ReadonlySet<string> | undefined;
  readonly uplink: boolean;
  /** Whether its answers are timed: endpoints are chosen by that. */
  readonly timed: boolean;
  requests: number;
  failures: number;
  retries: number;
  /** Whether `endpoint` may take no requests for a while because it fails them: enough others are left. */
  mayEject(endpoint: Endpoint): boolean;
}

/** `readmitting`: back from an ejection with a part of its share. */
export type EndpointState = 'up' | 'down' | 'ejected' | 'readmitting';

/** Passive verdicts go here: to this process's control plane, or over the pipe to it. */
export type FailureReporter = (endpoint: Endpoint, code: GatewayErrorCode, detail: string) => void;

export class Endpoint {
  readonly service: QName;
  model: EndpointModel;
  owner!: EndpointOwner;
  readonly pool: Pool;
  /** Requests that were given to it and are not over. */
  inFlight = 0;
  /** Takes no new requests, only those of sessions that are stuck to it. */
  fenced: boolean;
  /** Hears of ejections by failed requests, and of their ends. */
  log: DataPlaneLog | undefined;
  #firstBytes: RecentAverage | undefined;
  #passive: LoadBalancerModel['passiveHealthCheck'];
  readonly #report: FailureReporter;
  #up = true;
  /** Made with the first failure. */
  #ejection: Ejection | undefined;
  #changed: (() => void) | undefined;

  constructor(service: QName, model: EndpointModel, pool: Pool, report: FailureReporter) {
    this.service = service;
    this.model = model;
    this.fenced = model.fenced === true;
    this.pool = pool;
    this.#report = report;
  }

  /** Takes requests: no active check says otherwise and it is not ejected. */
  get available(): boolean {
    return this.#up && !this.ejected;
  }

  /** Not known to be down: good enough when nothing else is left. */
  get up(): boolean {
    return this.#up;
  }

  /** Takes no requests for a while because it failed some. */
  get ejected(): boolean {
    return this.#ejection?.ejected === true;
  }

  /** Fails as much as an ejected one, but so many others are ejected that it must go on. */
  get spared(): boolean {
    return this.#ejection?.spared === true;
  }

  get state(): EndpointState {
    if (!this.#up) return 'down';
    if (this.ejected) return 'ejected';
    return this.#ejection?.readmitting === true ? 'readmitting' : 'up';
  }

  /**
   * Asked once, when a balancer has picked it. False: not this time, for it is just coming back from an ejection and
   * takes only a part of its share; pick another if there is one.
   */
  admits(): boolean {
    return this.#ejection === undefined || this.#ejection.admits();
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

  /** New, and down until an active check says otherwise. Before `attach`. */
  beginDown(): void {
    this.#up = false;
  }

  /** Goes on with what is known of the address from another transport. Before `attach`. */
  succeed(before: Endpoint): void {
    this.#up = before.#up;
    if (before.#ejection !== undefined) this.#ejections().succeed(before.#ejection);
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
    if (up) this.#ejection?.end();
    if (this.available !== before) this.#changed?.();
    if (!up) this.pool.moveFrom(this);
  }

  /** The endpoint failed a request. */
  failed(code: GatewayErrorCode, detail: string): void {
    this.#report(this, code, detail);
    if (this.#passive !== undefined) this.#ejections().failure(this.#passive, `${code} ${detail}`.trim());
    else if (code === 'endpoint.dial' || code === 'endpoint.dial-timeout' || code === 'endpoint.tls')
      this.#ejections().undialled(dialEjectionMs);
  }

  /** The endpoint answered with this status. */
  answered(status: number): void {
    if (this.#passive === undefined) return;
    if (status >= 500) this.#ejections().failure(this.#passive, `status ${status}`);
    else this.#ejection?.success();
  }

  dispose(): void {
    this.#ejection?.dispose();
    this.#changed = undefined;
  }

  #ejections(): Ejection {
    this.#ejection ??= new Ejection({
      deadlines: this.pool.deadlines,
      mayEject: () => this.owner.mayEject(this),
      changed: () => this.#changed?.(),
      ejectedFor: (forMs, reason) =>
        this.#say('warn', 'endpoint is ejected: requests to it fail', { reason, forMs }),
      readmittedWithin: (withinMs) => this.#say('info', 'endpoint is readmitted', { withinMs }),
    });
    return this.#ejection;
  }

  #say(level: 'info' | 'warn', message: string, fields: Readonly<Record<string, unknown>>): void {
    const { host, port } = this.pool.address;
    this.log?.(level, message, { service: this.service.join('@'), host, port, ...fields });
  }
}
