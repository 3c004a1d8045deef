/** Who may ask: API keys, a user with a password, and the sessions that answers begin. */
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '@ficus/common/clock.ts';

/** Of a session's cookie. */
const sessionMs = 15 * 60_000;
const cookieName = 'NTNX_IGW_SESSION';

/** One key or user, and what it may see. */
export interface Account {
  readonly name: string;
  /** Milliseconds since the epoch. */
  expiresAt?: number | undefined;
  /** Clusters whose VMs it sees, extIds; all unless given. */
  readonly clusters?: readonly string[];
}

export class Accounts {
  readonly keys = new Map<string, Account>();
  readonly users = new Map<string, { readonly password: string; readonly account: Account }>();
  readonly #sessions = new Map<string, { readonly account: Account; readonly until: number }>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The first of API key, basic and cookie that is there decides; undefined is a 401. */
  of(headers: IncomingHttpHeaders, options: { readonly apiKeys: boolean }): Account | undefined {
    const key = headers['x-ntnx-api-key'];
    if (key !== undefined && options.apiKeys) return this.#live(this.keys.get(String(key)));
    const { authorization, cookie } = headers;
    if (authorization !== undefined) {
      const text = Buffer.from(authorization.replace(/^basic\s+/i, ''), 'base64').toString();
      const colon = text.indexOf(':');
      const user = this.users.get(text.slice(0, colon));
      return user?.password === text.slice(colon + 1) ? this.#live(user.account) : undefined;
    }
    const id = cookie?.match(new RegExp(`(?:^|;\\s*)${cookieName}=([^;]+)`))?.[1];
    const session = id === undefined ? undefined : this.#sessions.get(id);
    if (session === undefined || session.until <= this.#clock.now()) return undefined;
    return this.#live(session.account);
  }

  /** The value of a `Set-Cookie`; the newest hundred sessions are kept. */
  begin(account: Account): string {
    const id = randomUUID();
    this.#sessions.set(id, { account, until: this.#clock.now() + sessionMs });
    if (this.#sessions.size > 100) this.#sessions.delete(this.#sessions.keys().next().value as string);
    return `${cookieName}=${id}; Path=/; Secure; HttpOnly`;
  }

  #live(account: Account | undefined): Account | undefined {
    return account?.expiresAt !== undefined && account.expiresAt <= this.#clock.now() ? undefined : account;
  }
}
