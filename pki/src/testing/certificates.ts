/** Makes the crooked certificates that no library would: DER written by hand, for tests in any room. */

import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { bitString, der, integer, oid, tags } from '../der.ts';
import { toPem } from '../pem.ts';
import { randomSerial } from '../x509-issuer.ts';

/** Everything a test may bend. Left out, the result is a good leaf of `spiffe://mesh/child/vm-1`. */
export interface Bend {
  readonly uris?: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly ca?: boolean;
  /** Bits of KeyUsage, or `none` to leave the extension out. Default digitalSignature, 0x80. */
  readonly keyUsage?: number | 'none';
  readonly keyUsageCritical?: boolean;
  /** Object identifiers; an empty list leaves the extension out. Default both purposes. */
  readonly purposes?: readonly string[];
  readonly notBefore?: number;
  readonly notAfter?: number;
  readonly commonName?: string;
  readonly keys?: { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
  /** Default: self-signed. */
  readonly issuer?: TestCertificate;
  readonly hash?: 'sha1' | 'sha256';
  /** More GeneralName elements, as they are. */
  readonly rawNames?: readonly Buffer[];
}
export interface TestCertificate {
  /** PEM, this certificate only. */
  readonly certificate: string;
  readonly key: string;
  readonly commonName: string;
}

export const serverAuth = '1.3.6.1.5.5.7.3.1';
export const clientAuth = '1.3.6.1.5.5.7.3.2';

const sequence = (...parts: Buffer[]): Buffer => der(tags.sequence, ...parts);

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  const flag = critical ? [der(tags.boolean, Buffer.from([0xff]))] : [];
  return sequence(oid(id), ...flag, der(tags.octetString, value));
}

function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '');
  return der(0x18, Buffer.from(text));
}

function algorithm(key: KeyObject, hash: 'sha1' | 'sha256'): Buffer {
  const ec = key.asymmetricKeyType === 'ec';
  if (ec) return sequence(oid(hash === 'sha1' ? '1.2.840.10045.4.1' : '1.2.840.10045.4.3.2'));
  const id = hash === 'sha1' ? '1.2.840.113549.1.1.5' : '1.2.840.113549.1.1.11';
  return sequence(oid(id), der(tags.nil));
}

/** Makes one certificate. */
export function makeCertificate(bend: Bend = {}): TestCertificate {
  const {
    uris = ['spiffe://mesh/child/vm-1'],
    dnsNames = [],
    ca = false,
    keyUsage = ca ? 0x06 : 0x80,
    keyUsageCritical = true,
    purposes = ca ? [] : [serverAuth, clientAuth],
    notBefore = Date.now() - 60_000,
    notAfter = Date.now() + 3_600_000,
    commonName = 'test',
    keys = generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    hash = 'sha256',
    rawNames = [],
  } = bend;
  const issuerKey = bend.issuer === undefined ? keys.privateKey : createPrivateKey(bend.issuer.key);
  const names = [
    ...uris.map((uri) => der(0x86, Buffer.from(uri, 'latin1'))),
    ...dnsNames.map((name) => der(0x82, Buffer.from(name))),
    ...rawNames,
  ];
  const spki = keys.publicKey.export({ type: 'spki', format: 'der' });
  const extensions = [
    extension('2.5.29.19', true, ca ? sequence(der(tags.boolean, Buffer.from([0xff]))) : sequence()),
    extension('2.5.29.14', false, der(tags.octetString, createHash('sha1').update(spki).digest())),
  ];
  if (keyUsage !== 'none')
    extensions.push(
      extension('2.5.29.15', keyUsageCritical, der(tags.bitString, Buffer.from([0, keyUsage]))),
    );
  if (purposes.length > 0) extensions.push(extension('2.5.29.37', false, sequence(...purposes.map(oid))));
  if (names.length > 0) extensions.push(extension('2.5.29.17', false, sequence(...names)));
  const name = (text: string) =>
    sequence(der(tags.set, sequence(oid('2.5.4.3'), der(tags.utf8, Buffer.from(text)))));
  const tbs = sequence(
    der(0xa0, integer(2)),
    integer(Buffer.from(randomSerial(), 'hex')),
    algorithm(issuerKey, hash),
    name(bend.issuer?.commonName ?? commonName),
    sequence(time(notBefore), time(notAfter)),
    name(commonName),
    spki,
    der(0xa3, sequence(...extensions)),
  );
  const bytes = sequence(tbs, algorithm(issuerKey, hash), bitString(sign(hash, tbs, issuerKey)));
  return {
    certificate: toPem('CERTIFICATE', bytes),
    key: toPem('PRIVATE KEY', keys.privateKey.export({ type: 'pkcs8', format: 'der' })),
    commonName,
  };
}

/** A root of its own. */
export function makeTestRoot(bend: Bend = {}): TestCertificate {
  return makeCertificate({ ca: true, uris: ['spiffe://mesh'], commonName: 'test root', ...bend });
}
