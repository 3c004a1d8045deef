/** The certificate of a simulated Prism Central, from a throw-away CA. */
import 'reflect-metadata';
import { X509Certificate as NodeCertificate, randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto);

/** `wrong-name`: for another host, as Prism Central's default certificate often is. `expired`: since yesterday. */
export type TlsVariant = 'good' | 'wrong-name' | 'expired';

export interface Certificates {
  /** PEM of the CA. */
  readonly ca: string;
  /** PEM of the leaf. */
  readonly cert: string;
  /** PEM, PKCS#8. */
  readonly key: string;
  /** SHA-256 of the leaf's DER: `sha256:<lower-case hex>`. */
  readonly fingerprint: string;
}

const dayMs = 86_400_000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Makes a CA, and a leaf for `localhost` and 127.0.0.1 unless the variant says otherwise. */
export async function makeCertificates(variant: TlsVariant): Promise<Certificates> {
  const authority = await keys();
  const leaf = await keys();
  const now = Date.now();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: `CN=Prism Central simulator CA ${serial().slice(0, 8)}`,
    notBefore: new Date(now - 2 * dayMs),
    notAfter: new Date(now + 30 * dayMs),
    keys: authority,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: `CN=${variant === 'wrong-name' ? 'prism-central.invalid' : 'localhost'}`,
    issuer: root.subject,
    notBefore: new Date(now - 2 * dayMs),
    notAfter: new Date(variant === 'expired' ? now - dayMs : now + 20 * dayMs),
    publicKey: leaf.publicKey,
    signingKey: authority.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        variant === 'wrong-name'
          ? [{ type: 'dns', value: 'prism-central.invalid' }]
          : [
              { type: 'dns', value: 'localhost' },
              { type: 'ip', value: '127.0.0.1' },
            ],
      ),
    ],
  });
  const cert = certificate.toString('pem');
  return {
    ca: `${root.toString('pem')}\n`,
    cert: `${cert}\n`,
    key: pem(await webcrypto.subtle.exportKey('pkcs8', leaf.privateKey)),
    fingerprint: `sha256:${new NodeCertificate(cert).fingerprint256.replaceAll(':', '').toLowerCase()}`,
  };
}

function keys() {
  return webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
}

/** Positive and of full length. */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] as number) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

function pem(der: ArrayBuffer): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .match(/.{1,64}/g) as string[];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
}
