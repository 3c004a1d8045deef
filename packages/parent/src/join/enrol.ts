/** Decides who gets a certificate: a child with a good token, or a child that proves it is one. */
import type { TLSSocket } from 'node:tls';
import type { Enrolment, JoinRequest } from '@ficus/common/api/admin.ts';
import type { Clock } from '@ficus/common/clock.ts';
import { FicusError } from '@ficus/common/errors.ts';
import type { LogLine } from '@ficus/common/log.ts';
import type { Authority, IssuedCertificate } from '@ficus/pki/authority.ts';
import { requestPin } from '@ficus/pki/csr.ts';
import { childId, parseSpiffeId } from '@ficus/pki/identity.ts';
import { openSecrets } from '@ficus/pki/sealed-secrets.ts';
import { peerOf } from '@ficus/pki/tls-policy.ts';
import { parseToken, tokenMatches } from '@ficus/pki/token.ts';
import type { ParentRuntime } from '../runtime-port.ts';
import type { IssuedCertificate as RecordedCertificate, Store, TokenRecord } from '../store/store.ts';
import { tokenRefusal } from '../store/tokens.ts';
import { childAddress } from './addresses.ts';
import { type FailureLimit, failureLimit } from './failure-limit.ts';

export interface EnrolOptions {
  readonly store: Store;
  readonly authority: Authority;
  readonly runtime: Pick<ParentRuntime, 'childJoined' | 'joinRefused'>;
  /** SPIFFE IDs of the parents that may dial a child. */
  readonly parents: readonly string[];
  /** Life of a child's certificate, milliseconds. */
  readonly certificateTtlMs: number;
  readonly clock: Clock;
  readonly log: LogLine;
}

export interface Enroller {
  /** Throws `token.*`, `csr.*`, `child.address`, `join.too-many-failures`, or a `store.*` that is our own trouble. */
  join(request: JoinRequest, source: string): Promise<Enrolment>;
  /** Throws `identity.*`, `child.unknown`, `child.revoked`, `certificate.revoked`, `csr.*`. */
  renew(csr: string, socket: TLSSocket): Promise<Enrolment>;
}

export function enroller(options: EnrolOptions): Enroller {
  const { store, authority, runtime, parents, certificateTtlMs, clock, log } = options;
  const failures = failureLimit(clock);
  // A child renews twice a day; one that does so twice a second is broken, and would fill the store.
  const renewals = failureLimit(clock, { most: 120 });

  function enrolment(child: string, certificate: string): Enrolment {
    return { child, trustDomain: authority.trustDomain, certificate, roots: authority.roots, parents };
  }

  function joined(child: string, certificate: string, token: TokenRecord, presented: string): Enrolment {
    const answer = enrolment(child, certificate);
    if (token.sealed === undefined) return answer;
    return { ...answer, secrets: openSecrets(token.sealed, presented) };
  }

  async function redeem(request: JoinRequest, source: string): Promise<Enrolment> {
    const token = usableToken(store, request);
    const keyHash = requestPin(request.csr);
    if (token.redeemed !== undefined) {
      if (token.redeemed.keyHash !== keyHash || Date.parse(token.expiresAt) <= clock.now())
        throw tokenRefusal('used');
      log('info', 'a join was asked for again, with the same key', {
        child: token.child,
        source,
        id: token.id,
      });
      return joined(token.child, token.redeemed.certificate, token, request.token);
    }
    const address = childAddress(request.address, source);
    const uri = childId(authority.trustDomain, token.child);
    const issued = await authority.issue({ csr: request.csr, uri, ttlMs: certificateTtlMs });
    const { child, certificate } = store.redeemToken({
      id: token.id,
      keyHash,
      certificate: recorded(issued, uri),
      address,
      actor: `join:${source}`,
    });
    log('info', 'child joined', { child: child.name, address: child.address, source, serial: issued.serial });
    runtime.childJoined(child.name);
    return joined(child.name, certificate, token, request.token);
  }

  return {
    async join(request, source) {
      failures.check(source);
      try {
        return await redeem(request, source);
      } catch (error) {
        noteRefusal(error, failures, source);
        const id = tokenId(request.token);
        log('warn', 'join refused', { source, id, ...reasonOf(error) });
        runtime.joinRefused({ source, ...ownerOf(store, request.token), ...refusalOf(error) });
        throw error;
      }
    },

    async renew(csr, socket) {
      const who = { name: 'unknown' };
      try {
        who.name = provenChild(socket, store, authority.trustDomain, clock.now());
        renewals.check(who.name);
        renewals.failed(who.name);
        const uri = childId(authority.trustDomain, who.name);
        const issued = await authority.issue({ csr, uri, ttlMs: certificateTtlMs });
        store.recordRenewal(who.name, recorded(issued, uri), {
          actor: `child:${who.name}`,
          reason: 'renewed with its own certificate',
        });
        log('info', 'certificate renewed', { child: who.name, serial: issued.serial });
        return enrolment(who.name, issued.certificate);
      } catch (error) {
        log('warn', 'renewal refused', { child: who.name, ...reasonOf(error) });
        throw error;
      }
    },
  };
}

/**
 * The token, if its secret is right and it is unused (or used: the key decides then). Every refusal costs one look-up
 * and one comparison, so that time tells a guesser nothing; no request is parsed and nothing is signed before.
 */
function usableToken(store: Store, request: JoinRequest): TokenRecord {
  const parsed = parseToken(request.token);
  const token = store.token(parsed.id);
  const matches = tokenMatches(parsed, token?.secretHash);
  if (token === undefined) throw tokenRefusal('unknown');
  if (!matches) throw tokenRefusal('forged');
  if (token.state === 'revoked' || token.state === 'expired') throw tokenRefusal(token.state);
  return token;
}

/** The child that the connection's certificate proves, if it still is one of ours. */
function provenChild(socket: TLSSocket, store: Store, trustDomain: string, now: number): string {
  const id = parseSpiffeId(peerOf(socket));
  if (id.role !== 'child' || id.trustDomain !== trustDomain) {
    throw new FicusError('identity.not-a-child', `want a child of ${trustDomain}, found ${id.uri}`, {
      status: 403,
    });
  }
  const certificate = socket.getPeerX509Certificate();
  const serial = certificate?.serialNumber.toUpperCase() ?? '';
  // The handshake may be older than a revocation, or than the end of the certificate.
  const { children, serials } = store.denied();
  if (children.has(id.name)) throw refusedChild('child.revoked', `child ${id.name} is revoked`);
  if (serials.has(serial)) throw refusedChild('certificate.revoked', `certificate ${serial} is revoked`);
  if (certificate === undefined || certificate.validToDate.getTime() <= now)
    throw refusedChild('identity.expired', 'want a certificate in its life, found an expired one');
  if (store.child(id.name) === undefined)
    throw refusedChild('child.unknown', `child ${id.name} never joined here`);
  return id.name;
}

function refusedChild(code: string, message: string): FicusError {
  return new FicusError(code, message, {
    status: 403,
    remedy: 'create a new token on the parent and run "ficus join" again',
  });
}

function recorded(issued: IssuedCertificate, uri: string): RecordedCertificate {
  return {
    serial: issued.serial,
    pem: issued.certificate,
    uri,
    notBefore: new Date(issued.notBefore).toISOString(),
    notAfter: new Date(issued.notAfter).toISOString(),
  };
}

/** Counts what the caller did wrong; our own troubles (5xx) and the limit itself don't count. */
function noteRefusal(error: unknown, failures: FailureLimit, source: string): void {
  if (error instanceof FicusError && error.status < 500 && error.status !== 429) failures.failed(source);
}

/** The public half of a token, for the log; the secret never gets there. */
function tokenId(token: string): string {
  return /^v1\.([0-9a-f]{16})\./.exec(token)?.[1] ?? 'malformed';
}

/** Whose a genuine token is; a forged one is nobody's. */
function ownerOf(store: Store, text: string): { child?: string } {
  try {
    const parsed = parseToken(text);
    const token = store.token(parsed.id);
    return token !== undefined && tokenMatches(parsed, token.secretHash) ? { child: token.child } : {};
  } catch {
    return {};
  }
}

function refusalOf(error: unknown): { code: string; message: string } {
  if (error instanceof FicusError) return { code: error.code, message: error.message };
  return { code: 'internal', message: 'a failure of this parent: its log says more' };
}

function reasonOf(error: unknown): Record<string, unknown> {
  return error instanceof FicusError ? { code: error.code, why: error.message } : { err: error };
}
