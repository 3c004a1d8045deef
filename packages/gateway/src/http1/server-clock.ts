/** The deadlines of one server connection: which limit counts at which moment. Only one runs at a time. */
import type { ServerSettings } from '../http/server-settings.ts';
import type { ConnectionLimits } from '../model/model.ts';
import type { Deadlines, Timed } from '../net/deadlines.ts';
import { Wear } from '../net/wear.ts';

const never = Number.POSITIVE_INFINITY;
/** After a refusal we read on for this long and this much, so that the client gets to see the answer. */
const lingerMs = 2000;
const lingerBytes = 1024 * 1024;

export class ServerClock implements Timed {
  deadline = never;
  /** Since when nothing was asked of the connection; coarse, as `Deadlines.now`. */
  #quietSince: number;
  readonly #limits: ConnectionLimits;
  readonly #deadlines: Deadlines;
  readonly #expired: () => void;
  readonly #wear: Wear | undefined;
  #retiring = false;
  /** The deadline of the head that is coming in. */
  #head = never;
  #lingered = 0;

  constructor(
    { limits, deadlines, keepAlive }: Pick<ServerSettings, 'limits' | 'deadlines' | 'keepAlive'>,
    expired: () => void,
  ) {
    this.#limits = limits;
    this.#deadlines = deadlines;
    this.#expired = expired;
    this.#quietSince = deadlines.now;
    if (keepAlive !== undefined) this.#wear = new Wear(keepAlive, deadlines.now);
    this.#wait(limits.headTimeoutMs);
    deadlines.add(this);
  }

  expired(): void {
    this.#expired();
  }

  close(): void {
    this.#deadlines.delete(this);
  }

  quietFor(ms: number): boolean {
    return this.#deadlines.now - this.#quietSince >= ms;
  }

  /** One more request begins: whether its answer says goodbye, because the connection has served enough. */
  worn(): boolean {
    return this.#retiring || this.#wear?.another(this.#deadlines.now) === true;
  }

  /** From now on every answer says goodbye. */
  retire(): void {
    this.#retiring = true;
  }

  stop(): void {
    this.deadline = never;
  }

  /** Between requests. */
  idle(): void {
    this.#head = never;
    this.#quietSince = this.#deadlines.now;
    this.#wait(this.#limits.idleTimeoutMs);
  }

  /** Some bytes of a head are here: its clock starts with the first and is not wound up again by the next ones. */
  headBegun(): void {
    if (this.deadline === this.#head) return;
    this.#wait(this.#limits.headTimeoutMs);
    this.#head = this.deadline;
  }

  /** A head is complete and its body is to come. */
  requestBegun(): void {
    if (this.#limits.readTimeoutMs > 0) this.#wait(this.#limits.readTimeoutMs);
  }

  /** The next piece of the body must come in time, when it is `flowing`. */
  awaitBody(flowing: boolean): void {
    if (!flowing) this.bodyRests();
    else if (this.#limits.readTimeoutMs === 0) this.#wait(this.#limits.bodyStallTimeoutMs);
  }

  /** It is we who make the client wait, or the body is whole. */
  bodyRests(): void {
    if (this.#limits.readTimeoutMs === 0) this.deadline = never;
  }

  responseBegun(): void {
    if (this.#limits.writeTimeoutMs > 0) this.#wait(this.#limits.writeTimeoutMs);
  }

  /** A client that does not read is given as long as one that does not write. */
  responseHeld(): void {
    if (this.deadline === never) this.#wait(this.#limits.bodyStallTimeoutMs);
  }

  responseMoves(): void {
    if (this.#limits.writeTimeoutMs === 0) this.deadline = never;
  }

  /** `bytes` more were read after a refusal; true when that is enough. */
  lingered(bytes: number): boolean {
    this.#lingered += bytes;
    return this.#lingered > lingerBytes;
  }

  linger(): void {
    this.#wait(lingerMs);
  }

  #wait(ms: number): void {
    this.deadline = ms > 0 ? this.#deadlines.now + ms : never;
  }
}
