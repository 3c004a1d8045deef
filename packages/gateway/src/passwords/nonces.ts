/** Nonces of digest authentication: made without remembering them, and each good for every count once. */
import type { Clock } from '@ficus/common/clock.ts';

/** A nonce is stale after this; clients then ask again by themselves. */
const lifeMs = 5 * 60_000;
/** Nonces in use that are remembered. */
const maxUsed = 10_000;
/** Counts that may come late: clients send over several connections at once. */
const window = 32;

/** Where the main process gives its workers a secret of their own, made anew with each start. */
export const sharedSecretVariable = 'FICUS_WORKER_SECRET';

interface Used {
  /** Highest count seen. */
  top: number;
  /** Bit n: `top - n` was seen. */
  seen: number;
}

/**
 * A nonce says when it was made and proves that this process or one beside it made it, so that asking for one costs no
 * memory. Each process counts by itself: a count is good once in each. Those
 * that were used are remembered; the oldest are given up for lost when there are too many.
 */
export class Nonces {
  readonly #clock: Clock;
  readonly #secret: Buffer;
  readonly #used = new Map<string, Used>();
  /** Whatever was made before is stale. */
  #floor = 0;
  #made = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    const { createHash, randomBytes, randomInt } = process.getBuiltinModule('node:crypto');
    const shared = process.env[sharedSecretVariable];
    this.#secret = shared === undefined ? randomBytes(32) : createHash('sha256').update(shared).digest();
    // Workers make nonces in the same millisecond.
    this.#made = randomInt(0x1_0000_0000);
  }

  make(): string {
    this.#made = (this.#made + 1) % 0x1_0000_0000;
    const body = Buffer.alloc(12);
    body.writeUIntBE(Math.floor(this.#clock.monotonic()), 0, 6);
    body.writeUInt32BE(this.#made, 8);
    return Buffer.concat([body, this.#proof(body)]).toString('base64url');
  }

  /** Whether `nonce` may be used with `count`, which it may not be again. Ask only for requests that are right otherwise. */
  use(nonce: string, count: number): boolean {
    const bytes = Buffer.from(nonce, 'base64url');
    // One spelling only: another one would be another nonce to the table of those in use.
    if (bytes.length !== 28 || bytes.toString('base64url') !== nonce) return false;
    const body = bytes.subarray(0, 12);
    const crypto = process.getBuiltinModule('node:crypto');
    if (!crypto.timingSafeEqual(bytes.subarray(12), this.#proof(body))) return false;
    const made = body.readUIntBE(0, 6);
    if (made < this.#floor || this.#clock.monotonic() - made > lifeMs) return false;
    const used = this.#used.get(nonce);
    if (used !== undefined) return countOnce(used, count);
    this.#makeRoom();
    this.#used.set(nonce, { top: count, seen: 1 });
    return true;
  }

  /** Those that were used first go, and with them whatever was made before: nobody can tell their counts any more. */
  #makeRoom(): void {
    if (this.#used.size < maxUsed) return;
    for (const nonce of this.#used.keys()) {
      const made = Buffer.from(nonce, 'base64url').readUIntBE(0, 6);
      this.#used.delete(nonce);
      this.#floor = Math.max(this.#floor, made + 1);
      if (this.#used.size < maxUsed) return;
    }
  }

  #proof(body: Buffer): Buffer {
    const { createHmac } = process.getBuiltinModule('node:crypto');
    return createHmac('sha256', this.#secret).update(body).digest().subarray(0, 16);
  }
}

function countOnce(used: Used, count: number): boolean {
  const ahead = count - used.top;
  if (ahead > 0) {
    used.seen = ahead >= window ? 1 : ((used.seen << ahead) | 1) >>> 0;
    used.top = count;
    return true;
  }
  if (-ahead >= window) return false;
  const bit = (1 << -ahead) >>> 0;
  if ((used.seen & bit) !== 0) return false;
  used.seen = (used.seen | bit) >>> 0;
  return true;
}
