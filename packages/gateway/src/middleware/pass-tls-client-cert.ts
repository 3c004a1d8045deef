/** `passTLSClientCert`: tells endpoints of the certificate that the client showed. */
import type { Exchange } from '../http/exchange.ts';
import { deleteHeader, type Headers } from '../http/headers.ts';
import type { RequestHead } from '../http/message.ts';
import type { DistinguishedName, PeerCertificate } from '../http/peer-certificate.ts';
import type {
  CertificateInfoModel,
  PassTLSClientCertModel,
} from '../model/middleware/pass-tls-client-cert.ts';
import type { Middleware } from './middleware.ts';

export function passTLSClientCert(model: PassTLSClientCertModel): Middleware {
  return new PassTLSClientCert(model);
}

const certName = 'X-Forwarded-Tls-Client-Cert';
const infoName = 'X-Forwarded-Tls-Client-Cert-Info';

class PassTLSClientCert implements Middleware {
  readonly #model: PassTLSClientCertModel;
  /** Made once a connection: its certificate is one object. */
  readonly #known = new WeakMap<PeerCertificate, Headers>();

  constructor(model: PassTLSClientCertModel) {
    this.#model = model;
  }

  request({ headers }: RequestHead, { facts }: Exchange): undefined {
    const certificate = facts.peerCertificate();
    if (certificate === undefined) return;
    let fields = this.#known.get(certificate);
    if (fields === undefined) {
      fields = fieldsOf(this.#model, [certificate, ...certificate.intermediates]);
      this.#known.set(certificate, fields);
    }
    for (let i = 0; i < fields.length; i += 3) deleteHeader(headers, fields[i] as string);
    for (let i = 0; i < fields.length; i++) headers.push(fields[i] as string);
  }
}

function fieldsOf({ pem, info }: PassTLSClientCertModel, chain: readonly PeerCertificate[]): Headers {
  const fields: Headers = [];
  if (pem) {
    const all = chain.map(({ der }) => der.toString('base64')).join(',');
    fields.push(certName.toLowerCase(), all, certName);
  }
  if (info !== undefined) {
    const all = chain.map((each) => details(info, each)).join(',');
    fields.push(infoName.toLowerCase(), queryEscaped(all), infoName);
  }
  return fields;
}

/** `Subject="…";Issuer="…";SerialNumber="…";NB="…";NA="…";SAN="…"`, what is empty left out. */
function details(info: CertificateInfoModel, certificate: PeerCertificate): string {
  const { dnsNames, emails, addresses, uris } = certificate;
  const values: readonly (readonly [name: string, value: string])[] = [
    ['Subject', nameParts(info.subject, certificate.subject)],
    ['Issuer', nameParts(info.issuer, certificate.issuer)],
    ['SerialNumber', info.serialNumber ? BigInt(`0x${certificate.serial || '0'}`).toString() : ''],
    ['NB', info.notBefore ? seconds(certificate.notBefore) : ''],
    ['NA', info.notAfter ? seconds(certificate.notAfter) : ''],
    ['SAN', info.sans ? [...dnsNames, ...emails, ...addresses, ...uris].join(',') : ''],
  ];
  return values
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}="${value}"`)
    .join(';');
}

/** A certificate has one common name and one serial number to Go: the last. */
const single: ReadonlySet<string> = new Set(['CN', 'serialNumber']);

function nameParts(wanted: readonly string[], name: DistinguishedName): string {
  return wanted
    .flatMap((type) => {
      const values = name.filter(([each, value]) => each === type && value !== '');
      return single.has(type) ? values.slice(-1) : values;
    })
    .map(([type, value]) => `${type === 'serialNumber' ? 'SN' : type}=${value}`)
    .join(',');
}

function seconds(milliseconds: number): string {
  return String(Math.floor(milliseconds / 1000));
}

/** As Go's `url.QueryEscape`: all but letters, digits and `-_.~`, blanks as `+`. */
function queryEscaped(text: string): string {
  const escaped = encodeURIComponent(text.toWellFormed()).replaceAll('%20', '+');
  return escaped.replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
