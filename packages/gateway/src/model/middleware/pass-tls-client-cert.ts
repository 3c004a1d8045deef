/** `passTLSClientCert` as the data plane is told of it. */
import type { PassTLSClientCertConfig } from '../../config/middleware/pass-tls-client-cert.ts';
import type { QName } from '../model.ts';

export interface PassTLSClientCertModel {
  readonly kind: 'passTLSClientCert';
  readonly name: QName;
  readonly pem: boolean;
  readonly info?: CertificateInfoModel;
}

export interface CertificateInfoModel {
  /** Parts of names, in the order in which they are told, by the abbreviations of a `DistinguishedName`. */
  readonly subject: readonly string[];
  readonly issuer: readonly string[];
  readonly serialNumber: boolean;
  readonly notBefore: boolean;
  readonly notAfter: boolean;
  readonly sans: boolean;
}

export function resolvePassTLSClientCert(
  name: QName,
  config: PassTLSClientCertConfig,
): PassTLSClientCertModel | string {
  const { pem = false, info } = config;
  if (!pem && info === undefined) return 'want `pem`, `info` or both: it would tell nothing';
  if (info === undefined) return { kind: 'passTLSClientCert', name, pem };
  return {
    kind: 'passTLSClientCert',
    name,
    pem,
    info: {
      subject: parts(info.subject),
      issuer: parts(info.issuer),
      serialNumber: info.serialNumber ?? false,
      notBefore: info.notBefore ?? false,
      notAfter: info.notAfter ?? false,
      sans: info.sans ?? false,
    },
  };
}

type Names = Readonly<Record<string, boolean>>;

/** Traefik's keys, in the order in which Traefik tells them. */
const order = [
  ['domainComponent', 'DC'],
  ['country', 'C'],
  ['province', 'ST'],
  ['locality', 'L'],
  ['organization', 'O'],
  ['organizationalUnit', 'OU'],
  ['serialNumber', 'serialNumber'],
  ['commonName', 'CN'],
] as const;

function parts(names: Names = {}): readonly string[] {
  return order.filter(([key]) => names[key] === true).map(([, type]) => type);
}
