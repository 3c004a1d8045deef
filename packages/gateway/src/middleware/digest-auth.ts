/** `digestAuth`: a user name and proof of a password (RFC 7616 with MD5 and `qop=auth`). */
import type { Exchange } from '../http/exchange.ts';
import { deleteHeader } from '../http/headers.ts';
import type { RequestHead } from '../http/message.ts';
import { canonicalTarget } from '../http/path.ts';
import type { DigestAuthModel } from '../model/middleware/password-auth.ts';
import { type DigestCredentials, parseDigest } from '../passwords/digest-credentials.ts';
import { Nonces } from '../passwords/nonces.ts';
import { same } from '../passwords/verify-password.ts';
import { type FieldEdit, identityField, setIdentity, soleField } from './field-edit.ts';
import type { Middleware, MiddlewareContext, Refusal } from './middleware.ts';

/** Nonces are good for every middleware and outlive a reload: what a client proves with one depends on its realm. */
export function digestAuth(model: DigestAuthModel, context: MiddlewareContext): Middleware {
  const nonces = context.kept('["nonces"]', () => new Nonces(context.clock));
  return new DigestAuth(model, nonces);
}

/** Stands for nothing; clients give it back. */
const opaque = '5ccc069c403ebaf9f0171e9517f40e41';

export class DigestAuth implements Middleware {
  readonly #users: ReadonlyMap<string, string>;
  readonly #realm: string;
  readonly #headerField: FieldEdit | undefined;
  readonly #removeHeader: boolean;
  readonly #nonces: Nonces;

  constructor({ users, realm, headerField, removeHeader }: DigestAuthModel, nonces: Nonces) {
    this.#users = new Map(users);
    this.#realm = realm;
    this.#headerField = headerField === '' ? undefined : identityField(headerField);
    this.#removeHeader = removeHeader;
    this.#nonces = nonces;
  }

  request(head: RequestHead, exchange: Exchange): Refusal | undefined {
    const credentials = parseDigest(soleField(head.headers, 'authorization'));
    if (credentials === undefined || !this.#proves(credentials, head)) return this.#challenge(false);
    if (!this.#nonces.use(credentials.nonce, Number.parseInt(credentials.nc, 16)))
      return this.#challenge(true);
    const { username } = credentials;
    if (exchange.trace !== undefined) exchange.trace.clientUsername = username;
    if (this.#headerField !== undefined) setIdentity(head.headers, this.#headerField, username);
    if (this.#removeHeader) deleteHeader(head.headers, 'authorization');
    return undefined;
  }

  #proves(credentials: DigestCredentials, head: RequestHead): boolean {
    if (credentials.realm !== this.#realm || credentials.opaque !== opaque) return false;
    if (!asksFor(credentials.uri, head)) return false;
    // Of a name that is none the hash is one that nothing gives.
    const hash = this.#users.get(credentials.username) ?? '';
    const { nonce, nc, cnonce, uri } = credentials;
    const proof = md5(`${hash}:${nonce}:${nc}:${cnonce}:auth:${md5(`${head.method}:${uri}`)}`);
    return same(proof, credentials.response) && hash !== '';
  }

  /** `stale`: the password was right, the nonce is not any more; clients then try again without asking. */
  #challenge(stale: boolean): Refusal {
    const parts =
      `Digest realm="${this.#realm}", nonce="${this.#nonces.make()}", opaque="${opaque}", ` +
      `algorithm=MD5, qop="auth"${stale ? ', stale=true' : ''}`;
    return {
      code: 'client.unauthorized',
      detail: '',
      headers: ['www-authenticate', parts, 'WWW-Authenticate'],
    };
  }
}

/** Whether the URI that was proved is the request's: else a proof for one would do for all. */
function asksFor(uri: string, { path, query, keepsEmptySegments }: RequestHead): boolean {
  const target = canonicalTarget(uri.replace(/^https?:\/\/[^/?]*/i, ''), keepsEmptySegments);
  return !('refused' in target) && target.path === path && target.query === query;
}

/** Texts of the wire, one character a byte. */
function md5(text: string): string {
  return process.getBuiltinModule('node:crypto').createHash('md5').update(text, 'latin1').digest('hex');
}
