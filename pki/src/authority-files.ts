/** The authority on disk: reads and checks it, and writes a new one so that only one of several writers wins. */

import { createPrivateKey, type KeyObject, randomBytes, X509Certificate } from 'node:crypto';
import { link, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { FicusError } from '@ficus/common/errors.ts';
import { factsOf } from './certificate.ts';
import { readCertificate } from './certificate-der.ts';
import { weakKey } from './key-strength.ts';
import { pemCertificates, pemPrivateKey } from './pem.ts';
import {
  createPrivate,
  errnoOf,
  privateDirectory,
  readOperatorsKey,
  readPrivate,
  syncDirectory,
  unusable,
} from './private-files.ts';

/** What an authority is made of. */
export interface AuthorityMaterial {
  readonly key: KeyObject;
  readonly issuer: X509Certificate;
  /** Between the issuer (included unless it is a root) and the root, in chain order; PEM. */
  readonly intermediates: readonly string[];
  /** Trusted roots, PEM each; never empty. */
  readonly roots: readonly string[];
}

/** Certificate and key in one file, so that they cannot come apart. */
const fileName = 'authority.pem';
/** More roots to trust, one PEM after another; optional. */
const moreRoots = 'roots.pem';

/** Reads the authority in `directory`; undefined when there is none yet. */
export async function readAuthority(
  directory: string,
  uri: string,
  now: number,
): Promise<AuthorityMaterial | undefined> {
  await privateDirectory(directory);
  const path = join(directory, fileName);
  const text = await readPrivate(path);
  if (text === undefined) return undefined;
  const extra = (await readPrivate(join(directory, moreRoots))) ?? '';
  return assemble({ path, certificates: text, key: text, roots: extra, uri, now });
}

/** Puts a new authority in place unless there is one already; the loser of a race changes nothing. */
export async function writeAuthorityOnce(directory: string, content: string): Promise<void> {
  const path = join(directory, fileName);
  const draft = join(directory, `.${fileName}.${process.pid}.${randomBytes(6).toString('hex')}`);
  await createPrivate(draft, content);
  try {
    // link(2) refuses an existing name, where rename(2) would replace the winner's authority.
    await link(draft, path);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw unusable(path, error);
  } finally {
    await unlink(draft);
  }
  await syncDirectory(directory);
}

/** Reads an operator's files; the key must be private, certificates may be readable by all. */
export async function readOperatorsFiles(
  files: { readonly certFile: string; readonly keyFile: string; readonly rootsFile?: string },
  uri: string,
  now: number,
): Promise<AuthorityMaterial> {
  const read = (path: string) =>
    readFile(path, 'utf8').catch((error) => Promise.reject(unusable(path, error)));
  const certificates = await read(files.certFile);
  const roots = files.rootsFile === undefined ? '' : await read(files.rootsFile);
  const key = await readOperatorsKey(files.keyFile);
  return assemble({ path: files.certFile, certificates, key, roots, uri, now });
}

interface Parts {
  readonly path: string;
  readonly certificates: string;
  readonly key: string;
  readonly roots: string;
  readonly uri: string;
  readonly now: number;
}

function assemble(parts: Parts): AuthorityMaterial {
  const { path, now } = parts;
  const chain = parse(path, parts.certificates);
  const issuer = chain[0];
  if (issuer === undefined) throw bad('unreadable', `expected a certificate in ${path}, found none`);
  const key = readKey(parts.key);
  if (key === undefined || !issuer.checkPrivateKey(key))
    throw bad(
      'key-mismatch',
      `expected the private key of the certificate in ${path}, found another key or none`,
    );
  const weak = weakKey(key);
  if (weak !== undefined) throw bad('weak-key', weak);
  checkSigner(path, issuer, parts.uri, now);
  const intermediates = chain.filter((certificate) => !isRoot(certificate));
  const trusted = [...chain.filter(isRoot), ...parse(path, parts.roots)];
  const root = rootOf(path, intermediates.length === 0 ? [issuer] : intermediates, trusted);
  if (factsOf(root).notAfter <= now) throw expiredAuthority(factsOf(root).notAfter);
  const others = trusted.filter((candidate) => candidate.fingerprint256 !== root.fingerprint256);
  for (const other of others)
    if (!other.ca) throw bad('not-authority', `expected only authorities as roots of ${path}`);
  const roots = new Map(
    [root, ...others].map((certificate) => [certificate.fingerprint256, pem(certificate)]),
  );
  return { key, issuer, intermediates: intermediates.map(pem), roots: [...roots.values()] };
}

function checkSigner(path: string, issuer: X509Certificate, uri: string, now: number): void {
  const facts = factsOf(issuer);
  const { keyUsage, uris } = readCertificate(issuer.raw);
  if (!issuer.ca || keyUsage?.keyCertSign === false)
    throw bad(
      'not-authority',
      `expected an authority's certificate (cA=true, keyCertSign) in ${path}, found a leaf`,
    );
  if (facts.notAfter <= now) throw expiredAuthority(facts.notAfter);
  if (facts.notBefore > now + 60_000)
    throw bad('not-yet', `expected a certificate in ${path} that is valid now, found one that begins later`);
  const other = uris.find((found) => found.startsWith('spiffe://') && found !== uri);
  if (other !== undefined)
    throw bad(
      'trust-domain',
      `expected the authority of ${uri} in ${path}, found that of ${JSON.stringify(other)}`,
    );
}

/** Walks from the issuer up; each must be signed by the next. */
function rootOf(
  path: string,
  chain: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
): X509Certificate {
  for (const [index, certificate] of chain.entries()) {
    const next = chain[index + 1];
    if (next === undefined) {
      const root = trusted.find((candidate) => signedBy(certificate, candidate));
      if (root !== undefined) return root;
    } else if (!signedBy(certificate, next)) break;
  }
  throw bad('no-root', `expected a chain from the certificate in ${path} to a self-signed root, found none`);
}

const signedBy = (certificate: X509Certificate, by: X509Certificate): boolean =>
  by.ca && certificate.checkIssued(by) && certificate.verify(by.publicKey);

/** Whether a certificate is a self-signed authority. */
export function isRoot(certificate: X509Certificate): boolean {
  return signedBy(certificate, certificate);
}

const pem = (certificate: X509Certificate): string => certificate.toString();

function parse(path: string, text: string): X509Certificate[] {
  try {
    return pemCertificates(text).map((one) => new X509Certificate(one));
  } catch (cause) {
    throw bad('unreadable', `expected readable certificates beside ${path}, found a damaged one`, cause);
  }
}

function readKey(text: string): KeyObject | undefined {
  const found = pemPrivateKey(text);
  try {
    return found === undefined ? undefined : createPrivateKey(found);
  } catch {
    // The parser's own message could quote key material; the caller says what was expected.
    return undefined;
  }
}

function bad(code: string, message: string, cause?: unknown): FicusError {
  return new FicusError(`authority.${code}`, message, {
    remedy:
      'check the authority’s certificate, key and roots files; restore them from a backup if they are damaged',
    cause,
  });
}

/** The error of an authority past its end. */
export function expiredAuthority(notAfter: number): FicusError {
  const at = Number.isFinite(notAfter) ? new Date(notAfter).toISOString() : 'an unknown time';
  return new FicusError(
    'authority.expired',
    `expected a valid authority certificate, found one that ended at ${at}`,
    {
      remedy: 'replace the authority certificate, or correct the clock',
    },
  );
}
