/** Reads the certificate a client showed off its TLS socket. */
import { X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import type { DistinguishedName, PeerCertificate } from '../http/peer-certificate.ts';
import { alternativeNames } from '../net/alternative-names.ts';

/** Longer chains than anybody's; more is not read. */
const longestChain = 8;

/** A reader that asks the socket once, when it is first called. */
export function peerCertificateReader(socket: TLSSocket): () => PeerCertificate | undefined {
  let read = false;
  let certificate: PeerCertificate | undefined;
  return () => {
    if (!read) {
      read = true;
      certificate = readPeerCertificate(socket);
    }
    return certificate;
  };
}

function readPeerCertificate(socket: TLSSocket): PeerCertificate | undefined {
  // Node gives an empty object for no certificate and nothing at all once the connection is gone.
  const leaf = socket.getPeerCertificate(true) as Partial<DetailedPeerCertificate> | null | undefined;
  if (leaf?.raw === undefined) return undefined;
  const intermediates: PeerCertificate[] = [];
  let below: Partial<DetailedPeerCertificate> = leaf;
  while (intermediates.length < longestChain) {
    const above: Partial<DetailedPeerCertificate> | undefined = below.issuerCertificate;
    // A root is its own issuer.
    if (above?.raw === undefined || above === below || above.issuerCertificate === above) break;
    intermediates.push(describe(above.raw, []));
    below = above;
  }
  return describe(leaf.raw, intermediates);
}

function describe(der: Buffer, intermediates: readonly PeerCertificate[]): PeerCertificate {
  const certificate = new X509Certificate(der);
  const names = alternativeNames(certificate.subjectAltName ?? '');
  return {
    der,
    subject: distinguishedName(certificate.subject),
    issuer: distinguishedName(certificate.issuer),
    notBefore: certificate.validFromDate.getTime(),
    notAfter: certificate.validToDate.getTime(),
    serial: certificate.serialNumber,
    dnsNames: names('DNS'),
    emails: names('email'),
    addresses: names('IP Address'),
    uris: names('URI'),
    intermediates,
  };
}

/** Node writes one `TYPE=value` a line, with a backslash before what would be taken for more (RFC 2253 §2.4). */
export function distinguishedName(text: string | undefined): DistinguishedName {
  return (text ?? '')
    .split('\n')
    .filter((line) => line.includes('='))
    .map((line): readonly [string, string] => {
      const equals = line.indexOf('=');
      return [line.slice(0, equals), unescaped(line.slice(equals + 1))];
    });
}

/** `\,` is a comma and `\C3\A9` two bytes of UTF-8. */
function unescaped(value: string): string {
  if (!value.includes('\\')) return value;
  return value.replace(/(?:\\[0-9A-F]{2})+|\\(.)/gs, (escaped, single: string | undefined) =>
    single === undefined ? Buffer.from(escaped.replaceAll('\\', ''), 'hex').toString() : single,
  );
}
