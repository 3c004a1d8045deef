/** PKCS#12 (RFC 7292): exports a key and chain for operators, and opens the files they bring. Loads node-forge when used. */

import {
  createCipheriv,
  createHmac,
  createPrivateKey,
  pbkdf2Sync,
  randomBytes,
  X509Certificate,
} from 'node:crypto';
import { FicusError } from '@ficus/common/errors.ts';
import { der, integer, oid, tags } from './der.ts';
import { pemCertificates, toPem } from './pem.ts';

/** A key and its chain; PEM, leaf first. `key` is secret. */
export interface KeyAndChain {
  readonly key: string;
  readonly certificate: string;
}

/** Largest file opened, in bytes. */
export const maxPkcs12Bytes = 1_048_576;
/** OWASP's figure of 2023 for PBKDF2-HMAC-SHA-256 is 600,000; a third keeps the export under a second on a small VM. */
const cipherRounds = 200_000;
const macRounds = 10_000;
const minPassword = 8;

const ids = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacSha256: '1.2.840.113549.2.9',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
  sha256: '2.16.840.1.101.3.4.2.1',
} as const;

const sequence = (...parts: Buffer[]): Buffer => der(tags.sequence, ...parts);
const octets = (bytes: Uint8Array): Buffer => der(tags.octetString, bytes);
const dataOf = (content: Buffer): Buffer => sequence(oid(ids.data), der(0xa0, octets(content)));

/** node-forge, which is CommonJS: its functions are on the default export. */
async function library() {
  return (await import('node-forge')).default;
}

/**
 * A PKCS#12 file with the key and the whole chain, both under AES-256-CBC (PBES2, PBKDF2 with SHA-256) and a SHA-256
 * MAC, as OpenSSL 3 writes it. Takes EC keys, which node-forge cannot. Throws `pkcs12.password`, `pkcs12.key`.
 */
export async function exportPkcs12(
  options: KeyAndChain & { readonly password: string; readonly friendlyName: string },
): Promise<Buffer> {
  const { password, friendlyName } = options;
  if (password.length < minPassword) {
    throw new FicusError(
      'pkcs12.password',
      `expected a password of at least ${minPassword} characters, found ${password.length}`,
      { status: 400, remedy: 'choose a longer password' },
    );
  }
  const certificates = pemCertificates(options.certificate).map((pem) => new X509Certificate(pem));
  const key = createPrivateKey(options.key);
  if (!certificates[0]?.checkPrivateKey(key)) {
    throw new FicusError('pkcs12.key', 'expected the private key of the first certificate, found another', {
      status: 400,
      remedy: 'give the key and the chain of the same node, leaf first',
    });
  }
  const keyId = randomBytes(20);
  const attributes = bagAttributes(friendlyName, keyId);
  const certBags = certificates.map((certificate, index) =>
    sequence(
      oid(ids.certBag),
      der(0xa0, sequence(oid(ids.x509Certificate), der(0xa0, octets(certificate.raw)))),
      ...(index === 0 ? [attributes] : []),
    ),
  );
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' });
  const shroudedKey = encrypt(pkcs8, password);
  const keyBag = sequence(
    oid(ids.shroudedKeyBag),
    der(0xa0, sequence(shroudedKey.algorithm, octets(shroudedKey.bytes))),
    attributes,
  );
  const hidden = encrypt(sequence(...certBags), password);
  const encryptedCerts = sequence(
    oid(ids.encryptedData),
    der(0xa0, sequence(integer(0), sequence(oid(ids.data), hidden.algorithm, der(0x80, hidden.bytes)))),
  );
  const safe = sequence(encryptedCerts, dataOf(sequence(keyBag)));
  return sequence(integer(3), dataOf(safe), await macOf(safe, password));
}

function bagAttributes(friendlyName: string, keyId: Buffer): Buffer {
  const bmp = Buffer.from(friendlyName, 'utf16le').swap16();
  return der(
    tags.set,
    sequence(oid(ids.friendlyName), der(tags.set, der(0x1e, bmp))),
    sequence(oid(ids.localKeyId), der(tags.set, octets(keyId))),
  );
}

function encrypt(plain: Buffer, password: string): { algorithm: Buffer; bytes: Buffer } {
  const salt = randomBytes(16);
  const iv = randomBytes(16);
  const key = pbkdf2Sync(password, salt, cipherRounds, 32, 'sha256');
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const bytes = Buffer.concat([cipher.update(plain), cipher.final()]);
  const derivation = sequence(
    oid(ids.pbkdf2),
    sequence(octets(salt), integer(cipherRounds), sequence(oid(ids.hmacSha256), der(tags.nil))),
  );
  const algorithm = sequence(oid(ids.pbes2), sequence(derivation, sequence(oid(ids.aes256Cbc), octets(iv))));
  return { algorithm, bytes };
}

async function macOf(safe: Buffer, password: string): Promise<Buffer> {
  const forge = await library();
  const salt = randomBytes(16);
  const macKey = forge.pkcs12.generateKey(
    password,
    forge.util.createBuffer(salt.toString('binary')),
    3,
    macRounds,
    32,
    forge.md.sha256.create(),
  );
  const mac = createHmac('sha256', Buffer.from(macKey.getBytes(), 'binary')).update(safe).digest();
  return sequence(
    sequence(sequence(oid(ids.sha256), der(tags.nil)), octets(mac)),
    octets(salt),
    integer(macRounds),
  );
}

/**
 * Opens an operator's PKCS#12 file, modern (AES) or legacy (3DES, RC2), with one key and its chain. Throws
 * `pkcs12.unreadable`, which never repeats the password, or `pkcs12.incomplete`.
 */
export async function openPkcs12(bytes: Uint8Array, password: string): Promise<KeyAndChain> {
  if (bytes.length > maxPkcs12Bytes) throw unreadable();
  const forge = await library();
  const keys: string[] = [];
  const certificates: X509Certificate[] = [];
  try {
    const asn1 = forge.asn1.fromDer(Buffer.from(bytes).toString('binary'));
    const toDer = (node: Asn1) => Buffer.from(forge.asn1.toDer(node).getBytes(), 'binary');
    // Not strict: forge would throw on EC keys and certificates, where it can hand out their DER just as well.
    for (const { safeBags } of forge.pkcs12.pkcs12FromAsn1(asn1, false, password).safeContents) {
      for (const bag of safeBags) {
        const isCertificate = bag.type === forge.pki.oids['certBag'];
        if (isCertificate)
          certificates.push(
            new X509Certificate(bag.cert ? forge.pki.certificateToPem(bag.cert) : toDer(bag.asn1)),
          );
        else if (bag.key) keys.push(forge.pki.privateKeyToPem(bag.key));
        else if (bag.asn1) keys.push(toPem('PRIVATE KEY', toDer(bag.asn1)));
      }
    }
  } catch {
    throw unreadable();
  }
  return ordered(keys, certificates);
}

type Asn1 = Parameters<Awaited<ReturnType<typeof library>>['asn1']['toDer']>[0];

function ordered(keys: readonly string[], certificates: readonly X509Certificate[]): KeyAndChain {
  for (const pem of keys) {
    const key = readKey(pem);
    const leaf = key && certificates.find((certificate) => certificate.checkPrivateKey(key));
    if (key === undefined || leaf === undefined) continue;
    const chain = [leaf];
    for (let last = leaf; chain.length <= certificates.length; ) {
      const next = certificates.find((one) => !chain.includes(one) && last.checkIssued(one));
      if (next === undefined) break;
      chain.push(next);
      last = next;
    }
    return {
      key: toPem('PRIVATE KEY', key.export({ type: 'pkcs8', format: 'der' })),
      certificate: chain.map((certificate) => certificate.toString()).join(''),
    };
  }
  throw new FicusError(
    'pkcs12.incomplete',
    'expected a private key with its certificate in the file, found no such pair',
    {
      status: 400,
      remedy: 'export the file again with the key and the whole chain',
    },
  );
}

function readKey(pem: string) {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function unreadable(): FicusError {
  return new FicusError(
    'pkcs12.unreadable',
    'expected a PKCS#12 file that this password opens, found another file or password',
    { status: 400, remedy: 'check the password, and that the file is a .p12 or .pfx of at most 1 MiB' },
  );
}
