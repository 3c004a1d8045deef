/** A node's identity on disk: key, chain, roots and facts, replaced as one unit. */

import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { lstat, mkdir, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { FicusError } from '@ficus/common/errors.ts';
import { type CertificateFacts, factsOf } from './certificate.ts';
import { parseSpiffeId, type Role } from './identity.ts';
import { decodeProfile, type NodeProfile } from './node-profile.ts';
import { pemCertificates } from './pem.ts';
import {
  createPrivate,
  errnoOf,
  privateDirectory,
  readPrivate,
  syncDirectory,
  unusable,
} from './private-files.ts';

export type { NodeProfile } from './node-profile.ts';

/** Everything a node needs to be itself. `key` is secret. */
export interface NodeIdentity extends NodeProfile {
  /** PKCS#8 PEM. */
  readonly key: string;
  /** Leaf first, then intermediates; PEM. */
  readonly certificate: string;
  /** Trust bundle, PEM each. */
  readonly roots: readonly string[];
}
export interface LoadedIdentity extends NodeIdentity {
  readonly role: Role;
  readonly uri: string;
  readonly facts: CertificateFacts;
}

/** The link whose one rename(2) puts a whole new directory of files in force. */
const current = 'current';
const generation = /^identity-[0-9a-f]{16}$/;
const files = {
  profile: 'identity.json',
  key: 'key.pem',
  certificate: 'certificate.pem',
  roots: 'roots.pem',
};

/** Name of the directory in force, or undefined before the first join. */
export async function currentGeneration(directory: string): Promise<string | undefined> {
  try {
    const name = await readlink(join(directory, current));
    if (generation.test(name)) return name;
    throw broken(directory, `expected the link "current" to name an identity directory, found another`);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw unusable(join(directory, current), error);
  }
}

/**
 * Reads and checks the identity in `directory`. Throws `identity.missing`, `identity.broken` (unreadable, key of
 * another certificate, no roots), `identity.expired` (at `now`, milliseconds; left out: not checked) or `files.*`.
 */
export async function loadIdentity(directory: string, now?: number): Promise<LoadedIdentity> {
  await privateDirectory(directory);
  // A replacement between readlink and the reads removes only the generation before the last, so one retry suffices.
  const texts = (await readGeneration(directory)) ?? (await readGeneration(directory));
  if (texts === undefined) {
    throw new FicusError('identity.missing', `expected a node's identity in ${directory}, found none`, {
      remedy: 'run "ficus join" with a token from the parent first',
    });
  }
  const identity = check(directory, texts);
  if (now !== undefined && identity.facts.notAfter <= now) {
    throw new FicusError(
      'identity.expired',
      `expected a valid certificate, found one that ended at ${new Date(identity.facts.notAfter).toISOString()}`,
      { remedy: 'run "ficus join" with a new token, or correct the clock' },
    );
  }
  return identity;
}

/** Writes the identity and puts it in force in one step; a crash anywhere leaves the old one or the new one, whole. */
export async function replaceIdentity(directory: string, identity: NodeIdentity): Promise<LoadedIdentity> {
  const texts = {
    profile: `${JSON.stringify(profileOf(identity), null, 2)}\n`,
    key: identity.key,
    certificate: identity.certificate,
    roots: identity.roots.join(''),
  };
  const checked = check(directory, texts);
  await privateDirectory(directory);
  const before = await currentGeneration(directory);
  const name = `identity-${randomBytes(8).toString('hex')}`;
  const path = join(directory, name);
  try {
    await mkdir(path, { mode: 0o700 });
    for (const part of ['profile', 'key', 'certificate', 'roots'] as const)
      await createPrivate(join(path, files[part]), texts[part]);
    await syncDirectory(path);
    const link = join(directory, `.${current}.${name}`);
    await symlink(name, link);
    await syncDirectory(directory);
    await rename(link, join(directory, current));
    await syncDirectory(directory);
  } catch (error) {
    throw unusable(path, error);
  }
  await removeOld(directory, [name, before]);
  return checked;
}

/** Leftovers younger than this may be another process's replacement under way. Milliseconds. */
const settledMs = 10_000;

/** Removes generations and links that a finished or broken-off replacement left. The last two stay for readers. */
async function removeOld(directory: string, keep: readonly (string | undefined)[]): Promise<void> {
  // Ages are compared on the file system's own clock.
  const { mtimeMs: newest } = await lstat(join(directory, current));
  for (const name of await readdir(directory)) {
    const leftover = generation.test(name) || name.startsWith(`.${current}.`);
    if (!leftover || keep.includes(name)) continue;
    const path = join(directory, name);
    const found = await lstat(path).catch(() => undefined);
    if (found !== undefined && newest - found.mtimeMs > settledMs)
      await rm(path, { recursive: true, force: true });
  }
}

type Texts = Readonly<Record<keyof typeof files, string>>;

async function readGeneration(directory: string): Promise<Texts | undefined> {
  const name = await currentGeneration(directory);
  if (name === undefined) return undefined;
  const read = (part: keyof typeof files) => readPrivate(join(directory, name, files[part]));
  const [profile, key, certificate, roots] = await Promise.all([
    read('profile'),
    read('key'),
    read('certificate'),
    read('roots'),
  ]);
  if (profile === undefined || key === undefined || certificate === undefined || roots === undefined) {
    if ((await currentGeneration(directory)) !== name) return undefined;
    throw broken(directory, `expected ${Object.values(files).join(', ')} in ${name}, found one missing`);
  }
  return { profile, key, certificate, roots };
}

function profileOf(identity: NodeIdentity): NodeProfile {
  const { name, role, trustDomain, joinUrl, parents, address } = identity;
  return { name, role, trustDomain, joinUrl, parents, ...(address === undefined ? {} : { address }) };
}

function check(directory: string, texts: Texts): LoadedIdentity {
  const profile = decodeProfile(texts.profile);
  if (profile === undefined)
    throw broken(directory, `expected a node's profile in ${files.profile}, found another`);
  const roots = pemCertificates(texts.roots);
  if (roots.length === 0) throw broken(directory, `expected roots in ${files.roots}, found none`);
  const chain = pemCertificates(texts.certificate);
  let leaf: X509Certificate;
  let sameKey: boolean;
  try {
    leaf = new X509Certificate(chain[0] ?? '');
    sameKey = leaf.checkPrivateKey(createPrivateKey(texts.key));
  } catch {
    throw broken(directory, `expected a readable certificate and key, found damaged ones`);
  }
  if (!sameKey) throw broken(directory, 'expected the certificate’s own private key, found another key');
  const facts = factsOf(leaf);
  const id = parseSpiffeId(facts.uri ?? '');
  if (id.name !== profile.name || id.role !== profile.role || id.trustDomain !== profile.trustDomain)
    throw broken(
      directory,
      `expected the certificate of ${profile.role} ${profile.name}, found that of ${id.uri}`,
    );
  return { ...profile, key: texts.key, certificate: texts.certificate, roots, uri: id.uri, facts };
}

function broken(directory: string, message: string): FicusError {
  return new FicusError('identity.broken', `${message} (${directory})`, {
    remedy: 'restore the state directory from a backup, or run "ficus join" again with a new token',
  });
}
