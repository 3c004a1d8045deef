/** One address of a workload within one service: its health, its counters, its pool. Outlives generations. */
import type { GatewayErrorCode } from '../http/errors.ts';
import type { Headers } from '../http/headers.ts';
import type { EndpointModel, LoadBalancerModel, PassiveHealthCheckModel, QName } from '../model/model.ts';
import type { Timed } from '../net/deadlines.ts';
import type { DataPlaneLog } from '../runtime/data-plane.ts';
import { FailureWindow } from './failure-window.ts';
import type { Pool } from './pool.ts';
import { Readmission } from './readmission.ts';
import { RecentAverage } from './recent-average.ts';

/** How long an endpoint that could not be dialled is left alone when others can take its share. */
const dialEjectionMs = 1000;
/** Ejections in a row grow to this many times the first one. */
const longestEjection = 8;
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
  /** Hears of ejections by failed requests, and of their ends. */
  log: DataPlaneLog | undefined;
  #firstBytes: RecentAverage | undefined;
  #passive: LoadBalancerModel['passiveHealthCheck'];
  readonly #report: FailureReporter;
  #up = true;
  #ejected = false;
  #failures: FailureWindow | undefined;
  #readmission: Readmission | undefined;
  /** Ejections so far without a good while between them, and when the last one ended. */
  #ejections = 0;
  #readmittedAt = 0;
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

  get state(): EndpointState {
    if (!this.#up) return 'down';
    if (this.#ejected) return 'ejected';
    return this.#readmission === undefined ? 'up' : 'readmitting';
  }

  /**
   * Asked once, when a balancer has picked it. False: not this time, for it is just coming back from an ejection and
   * takes only a part of its share; pick another if there is one.
   */
  admits(): boolean {
    return this.#readmission === undefined || this.#readmission.admits(this.pool.deadlines.now);
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
    if (!before.#ejected && before.#readmission === undefined) return;
    // The new transport may be the very cure: it is neither trusted at once nor made to wait.
    this.#passive = before.#passive;
    this.#ejections = before.#ejections;
    this.#readmit();
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
    this.#change(() => {
      this.#up = up;
      // A proven recovery ends an ejection too.
      if (up && this.#ejected) this.#readmit();
    });
    if (!up) this.pool.moveFrom(this);
  }

  /** The endpoint failed a request. */
  failed(code: GatewayErrorCode, detail: string): void {
    this.#report(this, code, detail);
    if (this.#passive !== undefined) this.#countFailure(this.#passive, `${code} ${detail}`.trim());
    else if (code === 'endpoint.dial' || code === 'endpoint.dial-timeout' || code === 'endpoint.tls')
      this.#change(() => this.#eject(dialEjectionMs));
  }

  /** The endpoint answered with this status. */
  answered(status: number): void {
    if (this.#passive === undefined) return;
    if (status >= 500) this.#countFailure(this.#passive, `status ${status}`);
    else if (this.#failures !== undefined) this.#forgive();
  }

  expired(): void {
    this.#change(() => {
      if (this.#ejected) this.#readmit();
      else {
        this.spared = false;
        if (this.#readmission !== undefined && this.pool.deadlines.now >= this.#readmission.end)
          this.#readmission = undefined;
        this.#wait(this.#readmission?.end);
      }
    });
  }

  dispose(): void {
    this.#wait(undefined);
    this.#changed = undefined;
  }

  #countFailure(passive: PassiveHealthCheckModel, reason: string): void {
    // What was on its way when it was ejected says nothing new.
    if (this.#ejected) return;
    const { now } = this.pool.deadlines;
    const { failureWindowMs, maxFailedAttempts } = passive;
    this.#failures ??= new FailureWindow();
    if (!this.#failures.add(now, failureWindowMs, maxFailedAttempts)) return;
    this.#change(() => {
      this.spared = !this.owner.mayEject(this);
      if (this.spared) this.#wait(now + failureWindowMs);
      else this.#ejectFor(this.#ejectionMs(now, passive), reason);
    });
  }

  #ejectFor(ms: number, reason: string): void {
    this.#eject(ms);
    this.#say('warn', 'endpoint is ejected: requests to it fail', { reason, forMs: ms });
  }

  /** Twice as long as the one before when that one cured nothing. */
  #ejectionMs(now: number, { failureWindowMs, readmissionMs }: PassiveHealthCheckModel): number {
    if (now - this.#readmittedAt >= Math.max(readmissionMs, failureWindowMs)) this.#ejections = 0;
    return failureWindowMs * Math.min(2 ** this.#ejections++, longestEjection);
  }

  /** It works: earlier failures were nothing to worry about. */
  #forgive(): void {
    this.#failures = undefined;
    if (!this.spared) return;
    this.#change(() => {
      this.spared = false;
      this.#wait(this.#readmission?.end);
    });
  }

  #eject(ms: number): void {
    this.#ejected = true;
    this.#failures = undefined;
    this.#readmission = undefined;
    this.#wait(this.pool.deadlines.now + ms);
  }

  #readmit(): void {
    const { now } = this.pool.deadlines;
    const ms = this.#passive?.readmissionMs ?? 0;
    if (this.#passive !== undefined) this.#say('info', 'endpoint is readmitted', { withinMs: ms });
    this.#ejected = false;
    this.#readmittedAt = now;
    this.#readmission = ms === 0 ? undefined : new Readmission(now, ms);
    this.#wait(this.#readmission?.end);
  }

  #say(level: 'info' | 'warn', message: string, fields: Readonly<Record<string, unknown>>): void {
    const { host, port } = this.pool.address;
    this.log?.(level, message, { service: this.service.join('@'), host, port, ...fields });
  }

  /** Only those that wait for something are looked at again and again. */
  #wait(until: number | undefined): void {
    this.deadline = until ?? never;
    if (until === undefined) this.pool.deadlines.delete(this);
    else this.pool.deadlines.add(this);
  }

  /** Tells the service when `change` makes a difference to it. */
  #change(change: () => void): void {
    const { available, spared } = this;
    change();
    if (this.available !== available || this.spared !== spared) this.#changed?.();
  }
}
