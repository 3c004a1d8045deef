/** What one request was given by its service, attempt by attempt, and how that is counted. */
import type { Clock } from '@ficus/common/clock.ts';
import { addHeader } from '../http/headers.ts';
import type { RequestHead, ResponseHead } from '../http/message.ts';
import type { Endpoint } from '../service/endpoint.ts';
import type { Mirroring } from '../service/mirroring.ts';
import { includesStatus } from '../service/retry-policy.ts';
import type { Guard, Pick, Picked, Rescue, Service } from '../service/service.ts';
import type { Leg } from '../service/weighted.ts';

type Notes = { readonly [K in 'leg' | 'cookies' | 'guards' | 'rescues']: Pick[K] };

export class Choice implements Pick {
  readonly request: RequestHead;
  tried: Endpoint[] | undefined;
  leg: Leg | undefined;
  cookies: string[] | undefined;
  guards: Guard[] | undefined;
  rescues: Rescue[] | undefined;
  mirroring: Mirroring[] | undefined;
  mirrored: readonly Mirroring[] | undefined;
  /** The endpoint of the last attempt; undefined when that was a service with middlewares of its own. */
  endpoint: Endpoint | undefined;
  /** Attempts begun, the first one counted. */
  attempts = 0;
  protected readonly clock: Clock;
  /** Rescues further out than the one that was used. */
  #outer: readonly Rescue[] | undefined;
  /** The endpoint has not answered, nor failed. */
  #open = false;
  #startedAt = 0;

  constructor(request: RequestHead, clock: Clock) {
    this.request = request;
    this.clock = clock;
  }

  /** What `service` picks now; what it notes takes the place of what was noted for the attempt before. */
  protected choose(service: Service): Picked | undefined {
    if (this.attempts > 0) this.#forget();
    return service.pick(this);
  }

  /** What services have noted for the attempt at hand. */
  protected notes(): Notes {
    return { leg: this.leg, cookies: this.cookies, guards: this.guards, rescues: this.rescues };
  }

  protected noted({ leg, cookies, guards, rescues }: Notes): void {
    this.leg = leg;
    this.cookies = cookies;
    this.guards = guards;
    this.rescues = rescues;
  }

  /** The innermost rescue from an answer like this, out of use from now on with those inside it. */
  protected rescueFrom(status: number, allowed: (rescue: Rescue) => boolean): Rescue | undefined {
    const rescues = this.rescues;
    if (rescues === undefined) return undefined;
    for (let i = rescues.length - 1; i >= 0; i--) {
      const rescue = rescues[i] as Rescue;
      if (!includesStatus(rescue.statuses, status) || !rescue.fallback.available || !allowed(rescue))
        continue;
      this.#outer = rescues.slice(0, i);
      this.tried = undefined;
      this.attempts = 0;
      this.#forget();
      return rescue;
    }
    return undefined;
  }

  #forget(): void {
    this.leg = undefined;
    this.cookies = undefined;
    this.guards = undefined;
    this.rescues = this.#outer?.slice();
  }

  /** An attempt begins at `endpoint`, or at a service with middlewares of its own. */
  protected take(endpoint: Endpoint | undefined): void {
    this.attempts++;
    this.endpoint = endpoint;
    if (endpoint !== undefined) {
      endpoint.owner.requests++;
      endpoint.inFlight++;
      this.#open = true;
    }
    if (endpoint?.owner.timed === true || this.guards !== undefined) this.#startedAt = this.clock.monotonic();
  }

  /** The endpoint was asked in vain; `status` is what a client is told of that. */
  protected attemptFailed(status: number): void {
    if (this.endpoint !== undefined) this.endpoint.owner.failures++;
    if (this.leg !== undefined) this.leg.failures++;
    this.#told(status);
  }

  /** The head of its answer has come. */
  protected attemptAnswered(status: number): void {
    const endpoint = this.endpoint;
    if (status >= 500 && this.leg !== undefined) this.leg.failures++;
    if (endpoint !== undefined) {
      endpoint.answered(status);
      if (status >= 500) endpoint.owner.failures++;
      if (endpoint.owner.timed) endpoint.timeToFirstByte(this.clock.monotonic() - this.#startedAt);
    }
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
