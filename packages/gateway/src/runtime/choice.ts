/** What one request was given by its service, attempt by attempt, and how that is counted. */
import type { Clock } from '@ficus/common/clock.ts';
import { addHeader } from '../http/headers.ts';
import type { RequestHead, ResponseHead } from '../http/message.ts';
import type { Endpoint } from '../service/endpoint.ts';
import type { Mirroring } from '../service/mirroring.ts';
import type { Guard, Pick, Picked, Rescue, Service } from '../service/service.ts';
import type { Leg } from '../service/weighted.ts';

type Notes = { readonly [K in 'leg' | 'cookies' | 'guards' | 'rescue']: Pick[K] };

export class Choice implements Pick {
  readonly request: RequestHead;
  tried: Endpoint[] | undefined;
  leg: Leg | undefined;
  cookies: string[] | undefined;
  guards: Guard[] | undefined;
  rescue: Rescue | undefined;
  mirroring: Mirroring[] | undefined;
  /** The endpoint of the last attempt. */
  endpoint: Endpoint | undefined;
  /** Attempts begun, the first one counted. */
  attempts = 0;
  protected readonly clock: Clock;
  /** What led here through services with middlewares of their own. */
  readonly #before: Choice | undefined;
  /** The endpoint has not answered, nor failed. */
  #open = false;
  #startedAt = 0;

  constructor(request: RequestHead, clock: Clock, before: Choice | undefined) {
    this.request = request;
    this.clock = clock;
    this.#before = before;
    this.#begin();
  }

  /** What `service` picks now; what it notes takes the place of what was noted for the attempt before. */
  protected choose(service: Service): Picked | undefined {
    if (this.attempts > 0) this.#begin();
    return service.pick(this);
  }

  /** What services have noted for the attempt at hand. */
  protected notes(): Notes {
    return { leg: this.leg, cookies: this.cookies, guards: this.guards, rescue: this.rescue };
  }

  protected noted({ leg, cookies, guards, rescue }: Notes): void {
    this.leg = leg;
    this.cookies = cookies;
    this.guards = guards;
    this.rescue = rescue;
  }

  /** Another service takes over, from its first attempt. */
  protected restart(): void {
    this.tried = undefined;
    this.attempts = 0;
    this.#begin();
    this.rescue = undefined;
  }

  #begin(): void {
    const before = this.#before;
    this.leg = before?.leg;
    this.cookies = before?.cookies?.slice();
    this.guards = before?.guards?.slice();
    this.rescue = before?.rescue;
  }

  /** An attempt begins at `endpoint`. */
  protected take(endpoint: Endpoint): void {
    this.attempts++;
    this.endpoint = endpoint;
    const owner = endpoint.owner;
    owner.requests++;
    endpoint.inFlight++;
    this.#open = true;
    if (owner.timed || this.guards !== undefined) this.#startedAt = this.clock.monotonic();
  }

  /** The endpoint was asked in vain; `status` is what a client is told of that. */
  protected attemptFailed(status: number): void {
    (this.endpoint as Endpoint).owner.failures++;
    if (this.leg !== undefined) this.leg.failures++;
    this.#told(status);
  }

  /** The head of its answer has come. */
  protected attemptAnswered(status: number): void {
    const endpoint = this.endpoint as Endpoint;
    endpoint.answered(status);
    if (status >= 500) {
      endpoint.owner.failures++;
      if (this.leg !== undefined) this.leg.failures++;
    }
    if (endpoint.owner.timed) endpoint.timeToFirstByte(this.clock.monotonic() - this.#startedAt);
    this.#told(status);
  }

  /** The endpoint has nothing more to do with this request. */
  protected release(): void {
    if (!this.#open) return;
    this.#open = false;
    (this.endpoint as Endpoint).inFlight--;
  }

  /** Brings the client back to what was picked. */
  protected stick(head: ResponseHead): void {
    if (this.cookies === undefined) return;
    for (const cookie of this.cookies) addHeader(head.headers, 'Set-Cookie', cookie);
    this.cookies = undefined;
  }

  #told(status: number): void {
    const guards = this.guards;
    if (guards === undefined) return;
    this.guards = undefined;
    const ms = this.clock.monotonic() - this.#startedAt;
    for (let i = 0; i < guards.length; i++) (guards[i] as Guard).ended(status, ms);
  }
}
