/** SPIFFE identities: what they look like and what a peer's certificate must be to prove one. Cheap to import. */

import type { X509Certificate } from 'node:crypto';
import { FicusError } from '@ficus/common/errors.ts';
import { isNodeName } from '@ficus/common/names.ts';
import { type CertificateFields, readCertificate } from './certificate-der.ts';

export type Role = 'parent' | 'child';

/** `spiffe://<trustDomain>/<role>/<name>`, taken apart. */
export interface SpiffeId {
  readonly uri: string;
  readonly trustDomain: string;
  readonly role: Role;
  readonly name: string;
}

const serverAuth = '1.3.6.1.5.5.7.3.1';
const clientAuth = '1.3.6.1.5.5.7.3.2';
const trustDomainRule = /^[a-z0-9._-]{1,255}$/;

/** SPIFFE-ID §2.1: lower-case letters, digits, `.`, `-`, `_`, at most 255. No port, no user, no percent. */
export function isTrustDomain(name: string): boolean {
  return trustDomainRule.test(name);
}

/** The URI of the trust domain itself, which its authority's certificate carries: no path. */
export function trustDomainId(trustDomain: string): string {
  if (!isTrustDomain(trustDomain)) {
    throw new FicusError(
      'identity.trust-domain',
      `expected a trust domain of lower-case letters, digits, ".", "-" and "_", found ${JSON.stringify(trustDomain.slice(0, 80))}`,
      { remedy: 'choose a name such as ficus.example.com', status: 400 },
    );
  }
  return `spiffe://${trustDomain}`;
}

function nodeId(trustDomain: string, role: Role, name: string): string {
  if (!isNodeName(name)) {
    throw new FicusError(
      'identity.name',
      `expected a name of lower-case letters, digits and "-", at most 63, found ${JSON.stringify(name.slice(0, 80))}`,
      { remedy: `choose a name such as ${role}-1`, status: 400 },
    );
  }
  return `${trustDomainId(trustDomain)}/${role}/${name}`;
}

/** `spiffe://<trustDomain>/child/<name>`. Throws `identity.name` or `identity.trust-domain`. */
export function childId(trustDomain: string, name: string): string {
  return nodeId(trustDomain, 'child', name);
}

/** `spiffe://<trustDomain>/parent/<name>`. Throws `identity.name` or `identity.trust-domain`. */
export function parentId(trustDomain: string, name: string): string {
  return nodeId(trustDomain, 'parent', name);
}

const refuse = (code: string, message: string): FicusError =>
  new FicusError(`identity.${code}`, message, {
    status: 403,
    remedy: 'use a certificate issued by this mesh: run "ficus join" on the peer again',
  });

/** Reads a Ficus SPIFFE ID; anything but the two forms above, byte for byte, throws `identity.spiffe-id`. */
export function parseSpiffeId(uri: string): SpiffeId {
  const parts = uri.length <= 2048 ? uri.split('/') : [];
  const [scheme, empty, trustDomain = '', role, name = ''] = parts;
  const ok = parts.length === 5 && scheme === 'spiffe:' && empty === '' && isTrustDomain(trustDomain);
  if (!ok || (role !== 'parent' && role !== 'child') || !isNodeName(name)) {
    throw refuse(
      'spiffe-id',
      `expected spiffe://<trust domain>/parent/<name> or /child/<name>, found ${JSON.stringify(uri.slice(0, 120))}`,
    );
  }
  return { uri, trustDomain, role, name };
}

function checkLeaf(fields: CertificateFields): void {
  const { keyUsage, extendedKeyUsage: purposes } = fields;
  if (fields.isCa) throw refuse('not-leaf', 'expected a leaf certificate, found an authority (cA=true)');
  if (keyUsage === undefined || !keyUsage.critical || !keyUsage.digitalSignature)
    throw refuse('key-usage', 'expected a critical key usage with digitalSignature, found none');
  if (keyUsage.keyCertSign || keyUsage.crlSign)
    throw refuse('key-usage', 'expected a leaf certificate, found one that may sign certificates or CRLs');
  if (purposes !== undefined && !(purposes.includes(serverAuth) && purposes.includes(clientAuth)))
    throw refuse(
      'extended-key-usage',
      'expected both serverAuth and clientAuth, found one of them or neither',
    );
}

/**
 * The SPIFFE ID that a leaf certificate carries: exactly one URI name, and the leaf rules of X509-SVID §4 and §5.
 * It says who the certificate speaks for, not that it is genuine: the TLS handshake verifies the chain.
 * Throws a `FicusError` `identity.*` with status 403.
 */
export function peerSpiffeId(certificate: X509Certificate | Uint8Array): string {
  const bytes = certificate instanceof Uint8Array ? certificate : certificate.raw;
  let fields: CertificateFields;
  try {
    fields = readCertificate(bytes);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'unreadable';
    throw refuse('malformed', `expected a DER certificate, found malformed bytes: ${why}`);
  }
  checkLeaf(fields);
  const [uri, ...more] = fields.uris;
  if (uri === undefined)
    throw refuse('no-uri', 'expected one URI name (SPIFFE ID) in the certificate, found none');
  if (more.length > 0)
    throw refuse(
      'many-uris',
      `expected one URI name (SPIFFE ID) in the certificate, found ${more.length + 1}`,
    );
  return parseSpiffeId(uri).uri;
}

/**
 * A `checkServerIdentity` for `tls.connect` that accepts a peer by exact SPIFFE ID and looks at no host name.
 * Returns the error instead of throwing, as Node asks. An empty list accepts nobody.
 */
export function checkPeer(
  expectedUris: Iterable<string>,
): (host: string, peer: { readonly raw: Uint8Array }) => FicusError | undefined {
  const expected = new Set(expectedUris);
  return (_host, peer) => {
    try {
      const uri = peerSpiffeId(peer.raw);
      if (expected.has(uri)) return undefined;
      return refuse(
        'unexpected-peer',
        `expected ${[...expected].slice(0, 5).join(' or ') || 'nobody'}, found ${uri}`,
      );
    } catch (error) {
      if (error instanceof FicusError) return error;
      return refuse('malformed', 'expected a peer certificate, found none');
    }
  };
}
