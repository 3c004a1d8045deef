/** The authority that signs this mesh's certificates: its own on disk, or an operator's. */

import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { isIP } from 'node:net';
import { type Clock, systemClock } from '@ficus/common/clock.ts';
import { FicusError } from '@ficus/common/errors.ts';
import {
  type AuthorityMaterial,
  expiredAuthority,
  readAuthority,
  readOperatorsFiles,
  writeAuthorityOnce,
} from './authority-files.ts';
import { certificateFacts, factsOf } from './certificate.ts';
import { trustDomainId } from './identity.ts';
import { toPem } from './pem.ts';

/** Life of a root that we make: ten years, in milliseconds. */
const rootLifeMs = 3650 * 86_400_000;
/** Certificates begin this much in the past, for peers whose clocks are behind. Milliseconds. */
const backdateMs = 60_000;
const maxLeafMs = 366 * 86_400_000;
const maxNames = 32;

export interface IssueRequest {
  /** PKCS#10, PEM. */
  readonly csr: string;
  /** SPIFFE ID the certificate is for; the request may ask for no other. */
  readonly uri: string;
  readonly dnsNames?: readonly string[];
  /** IPv4 or IPv6 literals. */
  readonly addresses?: readonly string[];
  /** Life from now, milliseconds; cut to the issuer's own. */
  readonly ttlMs: number;
}
export interface IssuedCertificate {
  /** Leaf first, then intermediates; PEM. */
  readonly certificate: string;
  /** Upper-case hexadecimal. */
  readonly serial: string;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
}

/** Signs certificates for one trust domain. */
export class Authority {
  readonly trustDomain: string;
  /** Trust bundle: every root, PEM each. Several are allowed, and the first is the one that signs. */
  readonly roots: readonly string[];
  /** `sha256:<hex>` of each root's public key. */
  readonly pins: readonly string[];
  readonly #material: AuthorityMaterial;
  readonly #clock: Clock;

  private constructor(trustDomain: string, material: AuthorityMaterial, clock: Clock) {
    this.trustDomain = trustDomain;
    this.roots = material.roots;
    this.pins = material.roots.map((root) => certificateFacts(root).pin);
    this.#material = material;
    this.#clock = clock;
  }

  /** The pin of the root that signs, for `ficus join --ca-pin`. */
  get pin(): string {
    return this.pins[0] as string;
  }

  /**
   * Opens the authority in `directory`, making it on first use unless `create` is false. Safe to call from several
   * processes at once: one wins and all get the winner's. Throws `authority.*` or `files.*`.
   */
  static async open(options: {
    readonly directory: string;
    readonly trustDomain: string;
    readonly clock?: Clock;
    /** Default true. */
    readonly create?: boolean;
  }): Promise<Authority> {
    const { directory, trustDomain, clock = systemClock } = options;
    const uri = trustDomainId(trustDomain);
    let material = await readAuthority(directory, uri, clock.now());
    if (material === undefined) {
      if (options.create === false) {
        throw new FicusError('authority.missing', `expected an authority in ${directory}, found none`, {
          remedy: 'start the parent once, or correct the state directory',
        });
      }
      await writeAuthorityOnce(directory, await newAuthority(uri, clock.now()));
      material = await readAuthority(directory, uri, clock.now());
    }
    if (material === undefined)
      throw new FicusError('authority.missing', `the authority in ${directory} vanished while it was opened`);
    return new Authority(trustDomain, material, clock);
  }

  /**
   * An operator's own authority. `certFile`: the issuing certificate, then any intermediates, perhaps the root.
   * `rootsFile`: the roots, when `certFile` does not end in one. Throws `authority.*` or `files.*`.
   */
  static async fromFiles(options: {
    readonly certFile: string;
    readonly keyFile: string;
    readonly rootsFile?: string;
    readonly trustDomain: string;
    readonly clock?: Clock;
  }): Promise<Authority> {
    const clock = options.clock ?? systemClock;
    const uri = trustDomainId(options.trustDomain);
    const material = await readOperatorsFiles(options, uri, clock.now());
    return new Authority(options.trustDomain, material, clock);
  }

  /**
   * Signs a certificate for the request's key. Throws `csr.*` (the request), `authority.expired`, `authority.bad-name`
   * or `authority.other-domain` (the caller).
   */
  async issue(request: IssueRequest): Promise<IssuedCertificate> {
    const { uri, dnsNames = [], addresses = [], ttlMs } = request;
    this.#check(request);
    const now = this.#clock.now();
    const limit = factsOf(this.#material.issuer);
    if (limit.notAfter <= now) throw expiredAuthority(limit.notAfter);
    const { signLeaf } = await import('./x509-issuer.ts');
    const leaf = await signLeaf(this.#material.issuer, this.#material.key, {
      csr: request.csr,
      uri,
      dnsNames,
      addresses,
      notBefore: now - backdateMs,
      notAfter: Math.min(now + ttlMs, limit.notAfter),
    });
    const { serial, notBefore, notAfter } = certificateFacts(leaf);
    return { certificate: [leaf, ...this.#material.intermediates].join(''), serial, notBefore, notAfter };
  }

  #check({ uri, dnsNames = [], addresses = [], ttlMs }: IssueRequest): void {
    if (!uri.startsWith(`${trustDomainId(this.trustDomain)}/`)) {
      throw new FicusError(
        'authority.other-domain',
        `expected a name in the trust domain ${this.trustDomain}, found ${JSON.stringify(uri.slice(0, 120))}`,
        { status: 403, remedy: 'use the trust domain of this parent' },
      );
    }
    const badName = dnsNames.find(
      (name) => name.length > 253 || !/^[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?$/.test(name),
    );
    const badAddress = addresses.find((address) => isIP(address) === 0);
    const bad = badName ?? badAddress;
    if (bad !== undefined || dnsNames.length + addresses.length > maxNames) {
      throw new FicusError(
        'authority.bad-name',
        `expected at most ${maxNames} host names and addresses, found ${bad === undefined ? 'more' : JSON.stringify(bad.slice(0, 80))}`,
        { status: 400, remedy: 'give plain host names and IP literals, without ports or wildcards' },
      );
    }
    if (!Number.isFinite(ttlMs) || ttlMs < 1000 || ttlMs > maxLeafMs) {
      throw new FicusError('authority.ttl', `expected a life between 1 s and 366 days, found ${ttlMs} ms`, {
        status: 400,
      });
    }
  }
}

async function newAuthority(uri: string, now: number): Promise<string> {
  const { makeRoot } = await import('./x509-issuer.ts');
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const root = await makeRoot({
    key: privateKey,
    publicKey,
    uri,
    notBefore: now - backdateMs,
    notAfter: now + rootLifeMs,
  });
  const key = toPem('PRIVATE KEY', privateKey.export({ type: 'pkcs8', format: 'der' }));
  // Read back, so that a key that cannot be loaded is found now and not at the next start.
  createPrivateKey(key);
  return `${root}${key}`;
}
