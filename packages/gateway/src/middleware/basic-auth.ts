/** `basicAuth`: a user name and a password (RFC 7617). */
import { FicusError } from '@ficus/common/errors.ts';
import type { Exchange, ExchangeListener } from '../http/exchange.ts';
import { deleteHeader, getHeader, type Headers } from '../http/headers.ts';
import type { BasicAuthModel } from '../model/middleware/password-auth.ts';
import { type Credentials, PasswordChecker, type Waiter } from '../passwords/password-checker.ts';
import { type PasswordHash, parsePasswordHash } from '../passwords/password-hash.ts';
import { type FieldEdit, identityField, setIdentity, soleField } from './field-edit.ts';
import type { Middleware, MiddlewareContext, Next } from './middleware.ts';

/** One checker for all of them: what runs at once is counted for the process. */
export function basicAuth(model: BasicAuthModel, context: MiddlewareContext): Middleware {
  const checker = context.kept('["passwords"]', () => new PasswordChecker(context.clock));
  return new BasicAuth(model, checker);
}

export class BasicAuth implements Middleware {
  readonly #users: ReadonlyMap<string, PasswordHash>;
  readonly #hashes: readonly PasswordHash[];
  readonly #challenge: Headers;
  readonly #headerField: FieldEdit | undefined;
  readonly #removeHeader: boolean;
  readonly #checker: PasswordChecker;

  constructor({ users, realm, headerField, removeHeader }: BasicAuthModel, checker: PasswordChecker) {
    this.#users = new Map(users.map(([name, hash]) => [name, parsed(hash)]));
    this.#hashes = [...this.#users.values()];
    this.#challenge = ['www-authenticate', `Basic realm="${realm}"`, 'WWW-Authenticate'];
    this.#headerField = headerField === '' ? undefined : identityField(headerField);
    this.#removeHeader = removeHeader;
    this.#checker = checker;
  }

  handle(exchange: Exchange, next: Next): void {
    const credentials = this.#credentials(soleField(exchange.request.headers, 'authorization'));
    if (credentials === undefined) {
      this.refuse(exchange);
      return;
    }
    const key = this.#checker.keyOf(credentials);
    const known = this.#checker.known(key);
    if (known !== undefined) {
      this.answer(known, credentials.user, exchange, next);
      return;
    }
    const { headers, clientAddress } = exchange.request;
    // Behind the parent all clients of a child have one address.
    const address = getHeader(headers, 'x-real-ip') ?? clientAddress;
    const waiting = new Waiting(this, this.#checker, key, credentials.user, exchange, next);
    exchange.listen(waiting);
    if (this.#checker.check(key, credentials, address, waiting)) return;
    exchange.refuse('client.checks-waiting', 'try again in a second', { headers: soon });
  }

  answer(right: boolean, user: string, exchange: Exchange, next: Next): void {
    if (!right) {
      this.refuse(exchange);
      return;
    }
    const { headers } = exchange.request;
    if (exchange.trace !== undefined) exchange.trace.clientUsername = user;
    if (this.#headerField !== undefined) setIdentity(headers, this.#headerField, user);
    if (this.#removeHeader) deleteHeader(headers, 'authorization');
    next.go(exchange);
  }

  refuse(exchange: Exchange): void {
    exchange.refuse('client.unauthorized', '', { headers: this.#challenge });
  }

  /** Undefined when there are none, or nobody who could have any. */
  #credentials(field: string): Credentials | undefined {
    if (this.#hashes.length === 0) return undefined;
    if (field.length < 6 || field.slice(0, 6).toLowerCase() !== 'basic ') return undefined;
    const written = field.slice(6);
    // Buffer passes over what is no base64: the endpoint might read somebody else.
    if (!base64.test(written)) return undefined;
    const bytes = Buffer.from(written, 'base64');
    const colon = bytes.indexOf(0x3a);
    if (colon < 0) return undefined;
    const user = bytes.toString('utf8', 0, colon);
    const hash = this.#users.get(user);
    const password = bytes.subarray(colon + 1);
    if (hash !== undefined) return { user, password, hash, real: true };
    return { user, password, hash: this.#decoy(user), real: false };
  }

  /** The hash of some user, always the same for a name: names that are none take as long as those that are. */
  #decoy(user: string): PasswordHash {
    let sum = 0;
    for (let i = 0; i < user.length; i++) sum = (Math.imul(sum, 31) + user.charCodeAt(i)) >>> 0;
    return this.#hashes[sum % this.#hashes.length] as PasswordHash;
  }
}

/** RFC 4648 §4, with or without its padding. */
const base64 = /^[A-Za-z0-9+/]{0,8192}={0,2}$/;

const soon: Headers = ['retry-after', '1', 'Retry-After'];

/** A request whose password is being checked. */
class Waiting implements Waiter, ExchangeListener {
  readonly #auth: BasicAuth;
  readonly #checker: PasswordChecker;
  readonly #key: string;
  readonly #user: string;
  readonly #exchange: Exchange;
  readonly #next: Next;
  #gone = false;

  constructor(
    auth: BasicAuth,
    checker: PasswordChecker,
    key: string,
    user: string,
    exchange: Exchange,
    next: Next,
  ) {
    this.#auth = auth;
    this.#checker = checker;
    this.#key = key;
    this.#user = user;
    this.#exchange = exchange;
    this.#next = next;
  }

  checked(right: boolean): void {
    if (!this.#gone) this.#auth.answer(right, this.#user, this.#exchange, this.#next);
  }

  clientGone(): void {
    this.#gone = true;
    this.#checker.forget(this.#key, this);
  }

  /** Nothing flows before somebody asks for it. */
  bodyData(): boolean {
    return false;
  }

  bodyEnd(): void {}

  turnEnd(): void {}

  responseDrained(): void {}
}

function parsed(hash: string): PasswordHash {
  const made = parsePasswordHash(hash);
  if (typeof made !== 'string') return made;
  throw new FicusError('config.bad-password-hash', made, {
    remedy: 'make it with: htpasswd -nB <name>',
    status: 400,
  });
}
