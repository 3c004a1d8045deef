/** Checks passwords beside the requests: results remembered, equal checks done once, few at a time. */
import type { Clock } from '@ficus/common/clock.ts';
import type { PasswordHash } from './password-hash.ts';
import { verifyPassword } from './verify-password.ts';

/** Checks that run at once: libuv has four threads, and files and DNS need some. */
const maxRunning = 2;
/** Checks that run or wait. Two seconds of bcrypt; whoever comes later had better come again. */
const maxUnderWay = 64;
/** Of one client address, so that no single one fills the queue. */
const maxPerAddress = 8;
const maxRemembered = 4096;
/** A right password is right until its hash changes, which changes the key; forgetting it bounds what memory tells. */
const rightMs = 10 * 60_000;
const wrongMs = 60_000;

/** What to check. `real` false: there is no such user, and `hash` is somebody else's, so that it takes as long. */
export interface Credentials {
  readonly user: string;
  readonly password: Buffer;
  readonly hash: PasswordHash;
  readonly real: boolean;
}

/** Waits for a verdict, told once. */
export interface Waiter {
  checked(right: boolean): void;
}

interface Check {
  readonly key: string;
  readonly credentials: Credentials;
  readonly address: string;
  readonly waiters: Set<Waiter>;
}

type Verify = (password: Buffer, hash: PasswordHash) => Promise<boolean>;

export class PasswordChecker {
  readonly #clock: Clock;
  readonly #verify: Verify;
  /** Of this process: what it remembers tells nothing to whoever reads its memory elsewhere. */
  readonly #secret: string;
  readonly #right: Remembered;
  readonly #wrong: Remembered;
  readonly #underWay = new Map<string, Check>();
  readonly #waiting: Check[] = [];
  readonly #perAddress = new Map<string, number>();
  #running = 0;

  constructor(clock: Clock, verify: Verify = verifyPassword) {
    this.#clock = clock;
    this.#verify = verify;
    this.#secret = process.getBuiltinModule('node:crypto').randomBytes(32).toString('hex');
    this.#right = new Remembered(rightMs);
    // Apart, so that a flood of wrong passwords forgets no right one.
    this.#wrong = new Remembered(wrongMs);
  }

  /** Stands for the credentials in what follows; says nothing of them. */
  keyOf({ user, password, hash, real }: Credentials): string {
    const hasher = process.getBuiltinModule('node:crypto').createHash('sha256');
    hasher.update(`${this.#secret}${JSON.stringify([user, hash.text, real])}`);
    return hasher.update(password).digest('base64');
  }

  /** What is remembered; undefined: ask `check`. */
  known(key: string): boolean | undefined {
    const now = this.#clock.monotonic();
    if (this.#right.has(key, now)) return true;
    return this.#wrong.has(key, now) ? false : undefined;
  }

  /** Has the credentials checked for `waiter`. False: too many are under way, and it will hear nothing. */
  check(key: string, credentials: Credentials, address: string, waiter: Waiter): boolean {
    const equal = this.#underWay.get(key);
    if (equal !== undefined) {
      equal.waiters.add(waiter);
      return true;
    }
    const ofAddress = this.#perAddress.get(address) ?? 0;
    if (this.#underWay.size >= maxUnderWay || ofAddress >= maxPerAddress) return false;
    this.#perAddress.set(address, ofAddress + 1);
    const check: Check = { key, credentials, address, waiters: new Set([waiter]) };
    this.#underWay.set(key, check);
    this.#waiting.push(check);
    this.#startWaiting();
    return true;
  }

  /** `waiter` is not interested any more; a check that nobody waits for is not begun. */
  forget(key: string, waiter: Waiter): void {
    this.#underWay.get(key)?.waiters.delete(waiter);
  }

  #startWaiting(): void {
    while (this.#running < maxRunning) {
      const check = this.#waiting.shift();
      if (check === undefined) return;
      if (check.waiters.size === 0) {
        this.#over(check);
        continue;
      }
      this.#running++;
      void this.#run(check);
    }
  }

  async #run(check: Check): Promise<void> {
    const { password, hash, real } = check.credentials;
    // What cannot be checked is not right; nothing is remembered of it.
    const right = await this.#verify(password, hash).then(
      (fits) => fits && real,
      () => undefined,
    );
    this.#running--;
    this.#over(check);
    if (right !== undefined) (right ? this.#right : this.#wrong).add(check.key, this.#clock.monotonic());
    this.#startWaiting();
    for (const waiter of check.waiters) waiter.checked(right ?? false);
  }

  #over({ key, address }: Check): void {
    this.#underWay.delete(key);
    const left = (this.#perAddress.get(address) ?? 1) - 1;
    if (left === 0) this.#perAddress.delete(address);
    else this.#perAddress.set(address, left);
  }
}

/** Keys, each for a while; the one that was asked for least recently goes first. */
class Remembered {
  readonly #ms: number;
  /** Key → monotonic milliseconds at which it is forgotten. */
  readonly #keys = new Map<string, number>();

  constructor(ms: number) {
    this.#ms = ms;
  }

  has(key: string, now: number): boolean {
    const until = this.#keys.get(key);
    if (until === undefined) return false;
    this.#keys.delete(key);
    if (until <= now) return false;
    this.#keys.set(key, until);
    return true;
  }

  add(key: string, now: number): void {
    if (this.#keys.size >= maxRemembered) {
      for (const oldest of this.#keys.keys()) {
        this.#keys.delete(oldest);
        break;
      }
    }
    this.#keys.set(key, now + this.#ms);
  }
}
