/** The parent's own certificate for dialling children: issued in-process, renewed at half of its life. */
import type { Clock } from '@ficus/common/clock.ts';
import type { LogLine } from '@ficus/common/log.ts';
import type { Authority } from '@ficus/pki/authority.ts';
import { createRequest } from '@ficus/pki/csr.ts';
import { parentId } from '@ficus/pki/identity.ts';
import type { UplinkIdentity } from '../children/uplink-dial.ts';

const retryMs = 60_000;
/** Node's timers take no more. */
const longestTimerMs = 2 ** 31 - 1;

export interface ParentIdentityOptions {
  readonly authority: Pick<Authority, 'trustDomain' | 'roots' | 'issue'>;
  readonly name: string;
  readonly ttlMs: number;
  readonly clock: Clock;
  readonly log: LogLine;
}

/** Its key lives in memory only: a restart issues anew. */
export class ParentIdentity {
  readonly uri: string;
  readonly #options: ParentIdentityOptions;
  #current: UplinkIdentity | undefined;
  #onRenewed: (identity: UplinkIdentity) => void = () => {};
  #cancel: (() => void) | undefined;
  #closed = false;

  private constructor(options: ParentIdentityOptions) {
    this.#options = options;
    this.uri = parentId(options.authority.trustDomain, options.name);
  }

  /** Issues the first certificate. Throws what the authority throws. */
  static async issue(options: ParentIdentityOptions): Promise<ParentIdentity> {
    const identity = new ParentIdentity(options);
    await identity.#renew();
    return identity;
  }

  get current(): UplinkIdentity {
    return this.#current as UplinkIdentity;
  }

  /** Runs after each renewal. */
  onRenewed(listener: (identity: UplinkIdentity) => void): void {
    this.#onRenewed = listener;
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  async #renew(): Promise<void> {
    const { authority, clock, ttlMs } = this.#options;
    const { key, csr } = createRequest({ uri: this.uri });
    const issued = await authority.issue({ csr, uri: this.uri, ttlMs });
    this.#current = { certificate: { cert: issued.certificate, key }, roots: authority.roots };
    this.#schedule((issued.notAfter - clock.now()) / 2);
  }

  #schedule(ms: number): void {
    if (this.#closed) return;
    this.#cancel = this.#options.clock.after(Math.min(Math.max(ms, 0), longestTimerMs), () => {
      void this.#renew().then(
        () => {
          this.#options.log('info', 'own certificate renewed', { uri: this.uri });
          this.#onRenewed(this.current);
        },
        (error: unknown) => {
          this.#options.log('error', 'own certificate could not be renewed', { error });
          this.#schedule(retryMs);
        },
      );
    });
  }
}
