/** Makes certificates. The only file that imports @peculiar/x509, and only once something is to be signed. */

import { type KeyObject, randomBytes, webcrypto, type X509Certificate } from 'node:crypto';
import { FicusError } from '@ficus/common/errors.ts';
import { malformedRequest, requestDer } from './csr.ts';
import { parseSpiffeId } from './identity.ts';
import { weakKey } from './key-strength.ts';
import { readRequest } from './request-signature.ts';

/** What a leaf certificate is to say. Times in milliseconds since the epoch. */
export interface LeafRequest {
  readonly csr: string;
  readonly uri: string;
  readonly dnsNames: readonly string[];
  readonly addresses: readonly string[];
  readonly notBefore: number;
  readonly notAfter: number;
}

async function library() {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  x509.cryptoProvider.set(webcrypto);
  return x509;
}

/** 126 random bits that always make a positive, 16-byte, 32-digit serial. */
export function randomSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] as number) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

type Algorithm = Parameters<KeyObject['toCryptoKey']>[0];

function webAlgorithm(key: KeyObject): Algorithm {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return { name: 'ECDSA', namedCurve: 'P-256' };
  if (type === 'ec' && details?.namedCurve === 'secp384r1') return { name: 'ECDSA', namedCurve: 'P-384' };
  if (type === 'ed25519') return { name: 'Ed25519' };
  return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
}

async function signing(key: KeyObject) {
  const algorithm = webAlgorithm(key);
  const signingKey = await key.toCryptoKey(algorithm, true, ['sign']);
  const curve = key.asymmetricKeyDetails?.namedCurve;
  const signingAlgorithm =
    key.asymmetricKeyType === 'ec'
      ? { name: 'ECDSA', hash: curve === 'secp384r1' ? 'SHA-384' : 'SHA-256' }
      : (algorithm as { name: string });
  return { signingKey, signingAlgorithm };
}

/** A self-signed root for the trust domain: cA, pathlen 0, keyCertSign and cRLSign, the domain's URI as its name. */
export async function makeRoot(options: {
  readonly key: KeyObject;
  readonly publicKey: KeyObject;
  readonly uri: string;
  readonly notBefore: number;
  readonly notAfter: number;
}): Promise<string> {
  const x509 = await library();
  const { signingKey, signingAlgorithm } = await signing(options.key);
  const publicKey = new x509.PublicKey(options.publicKey.export({ type: 'spki', format: 'der' }));
  const serialNumber = randomSerial();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber,
    // The serial keeps the names of two roots of one domain apart, or chain building would mix them up.
    subject: [
      { O: ['Ficus'] },
      { CN: [`${options.uri.slice(9).slice(0, 40)} root ${serialNumber.slice(0, 8)}`] },
    ],
    issuer: [
      { O: ['Ficus'] },
      { CN: [`${options.uri.slice(9).slice(0, 40)} root ${serialNumber.slice(0, 8)}`] },
    ],
    notBefore: new Date(options.notBefore),
    notAfter: new Date(options.notAfter),
    publicKey,
    signingKey,
    signingAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.SubjectAlternativeNameExtension([{ type: 'url', value: options.uri }]),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}

async function acceptedRequest(csr: string, uri: string) {
  const x509 = await library();
  const bytes = requestDer(csr);
  let request: InstanceType<typeof x509.Pkcs10CertificateRequest>;
  let strict: ReturnType<typeof readRequest>;
  try {
    strict = readRequest(bytes);
    request = new x509.Pkcs10CertificateRequest(bytes);
  } catch (cause) {
    throw malformedRequest(cause);
  }
  const weak = weakKey(strict.key);
  if (weak !== undefined)
    throw new FicusError('csr.weak-key', weak, { status: 400, remedy: 'let "ficus join" make the key' });
  // The key that signed must be the key that the certificate will name.
  if (!strict.isSigned() || !Buffer.from(request.publicKey.rawData).equals(strict.spki))
    throw malformedRequest();
  const { name } = parseSpiffeId(uri);
  const asked = [
    ...request.subjectName.getField('CN').filter((value) => value !== name),
    ...requestedUris(request.extensions, x509.SubjectAlternativeNameExtension),
  ].filter((value) => value !== uri);
  if (asked.length > 0) {
    throw new FicusError(
      'csr.other-name',
      `expected a request for ${uri}, found one for ${JSON.stringify(asked[0]?.slice(0, 120))}`,
      { status: 403, remedy: `create a token for that name, or join as ${name}` },
    );
  }
  return request;
}

function requestedUris<T extends { names: { items: readonly { type: string; value: string }[] } }>(
  extensions: readonly object[],
  kind: abstract new (...args: never[]) => T,
): string[] {
  return extensions
    .filter((extension): extension is T => extension instanceof kind)
    .flatMap((extension) => extension.names.items)
    .filter((name) => name.type === 'url')
    .map((name) => name.value);
}

/**
 * Signs a leaf for a request: critical digitalSignature, both purposes, cA=false, one URI name. Everything in the
 * request but its key is dropped. Throws `csr.malformed`, `csr.weak-key`, `csr.other-name`.
 */
export async function signLeaf(
  issuer: X509Certificate,
  issuerKey: KeyObject,
  leaf: LeafRequest,
): Promise<string> {
  const x509 = await library();
  const request = await acceptedRequest(leaf.csr, leaf.uri);
  const { signingKey, signingAlgorithm } = await signing(issuerKey);
  const authority = new x509.X509Certificate(issuer.raw);
  // An operator's authority may derive its key id in its own way; ours must be the same bytes.
  const issuerKeyId = authority.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId;
  const { name } = parseSpiffeId(leaf.uri);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: randomSerial(),
    subject: [{ O: ['Ficus'] }, { CN: [name] }],
    // The issuer's own bytes, not its text: a name that is encoded anew may no longer match the issuer's subject.
    issuer: authority.subjectName,
    notBefore: new Date(leaf.notBefore),
    notAfter: new Date(leaf.notAfter),
    publicKey: request.publicKey,
    signingKey,
    signingAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        x509.ExtendedKeyUsage.serverAuth,
        x509.ExtendedKeyUsage.clientAuth,
      ]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'url', value: leaf.uri },
        ...leaf.dnsNames.map((value) => ({ type: 'dns' as const, value })),
        ...leaf.addresses.map((value) => ({ type: 'ip' as const, value })),
      ]),
      issuerKeyId === undefined
        ? await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey)
        : new x509.AuthorityKeyIdentifierExtension(issuerKeyId),
      await x509.SubjectKeyIdentifierExtension.create(request.publicKey),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}
