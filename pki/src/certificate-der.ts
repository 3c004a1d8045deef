/** Reads the fields of an X.509 certificate that decide identity, from its DER (RFC 5280 §4.1). */

import { DerError, type Element, readAll, readOid, readOne, tags } from './der.ts';

/**
 * The fields. Node's own `subjectAltName` string is never used: it is text made from hostile bytes and has
 * been read wrongly before (CVE-2021-44532); here each name is taken from its own element.
 */
export interface CertificateFields {
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  /** From BasicConstraints; false when absent. */
  readonly isCa: boolean;
  readonly keyUsage: KeyUsage | undefined;
  /** Dotted object identifiers; undefined when the extension is absent. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
}
export interface KeyUsage {
  readonly critical: boolean;
  readonly digitalSignature: boolean;
  readonly keyCertSign: boolean;
  readonly crlSign: boolean;
}

interface Extension {
  readonly critical: boolean;
  readonly value: Uint8Array;
}

const ids = { keyUsage: '2.5.29.15', san: '2.5.29.17', basicConstraints: '2.5.29.19', eku: '2.5.29.37' };
const isContext = (element: Element | undefined, number: number): element is Element =>
  element?.tag === 0xa0 + number;

function sequence(element: Element | undefined): Element[] {
  if (element?.tag !== tags.sequence) throw new DerError('expected a sequence');
  return readAll(element.content);
}

function readExtensions(wrapper: Element | undefined): Map<string, Extension> {
  const found = new Map<string, Extension>();
  if (wrapper === undefined) return found;
  for (const entry of sequence(readOne(wrapper.content, tags.sequence))) {
    const parts = sequence(entry);
    const id = parts[0];
    const flag = parts.length === 3 ? parts[1] : undefined;
    const value = parts[parts.length - 1];
    if (parts.length < 2 || parts.length > 3 || id?.tag !== tags.oid || value?.tag !== tags.octetString)
      throw new DerError('malformed extension');
    // DER leaves out a default of FALSE, so a written flag must be TRUE.
    if (
      flag !== undefined &&
      (flag.tag !== tags.boolean || flag.content.length !== 1 || flag.content[0] !== 0xff)
    )
      throw new DerError('malformed critical flag');
    const name = readOid(id.content);
    if (found.has(name)) throw new DerError(`extension ${name} twice`);
    found.set(name, { critical: flag !== undefined, value: value.content });
  }
  return found;
}

function readBasicConstraints(extension: Extension | undefined): boolean {
  if (extension === undefined) return false;
  const [flag] = sequence(readOne(extension.value, tags.sequence));
  if (flag?.tag !== tags.boolean) return false;
  return flag.content.length !== 1 || flag.content[0] !== 0;
}

function readKeyUsage(extension: Extension | undefined): KeyUsage | undefined {
  if (extension === undefined) return undefined;
  const { content } = readOne(extension.value, tags.bitString);
  const bits = content[1] ?? 0;
  if (content.length < 2 || content.length > 3) throw new DerError('malformed key usage');
  return {
    critical: extension.critical,
    digitalSignature: (bits & 0x80) !== 0,
    keyCertSign: (bits & 0x04) !== 0,
    crlSign: (bits & 0x02) !== 0,
  };
}

function readExtendedKeyUsage(extension: Extension | undefined): string[] | undefined {
  if (extension === undefined) return undefined;
  return sequence(readOne(extension.value, tags.sequence)).map((purpose) => {
    if (purpose.tag !== tags.oid) throw new DerError('malformed extended key usage');
    return readOid(purpose.content);
  });
}

function visibleAscii(content: Uint8Array): string {
  for (const byte of content)
    if (byte < 0x21 || byte > 0x7e) throw new DerError('name with a control, blank or non-ASCII byte');
  return Buffer.from(content).toString('latin1');
}

function readNames(extension: Extension | undefined): { uris: string[]; dnsNames: string[] } {
  const uris: string[] = [];
  const dnsNames: string[] = [];
  const names = extension === undefined ? [] : sequence(readOne(extension.value, tags.sequence));
  for (const { tag, content } of names) {
    if (tag === 0x86) uris.push(visibleAscii(content));
    else if (tag === 0x82) dnsNames.push(visibleAscii(content));
    else if (![0xa0, 0x81, 0xa3, 0xa4, 0xa5, 0x87, 0x88].includes(tag)) throw new DerError('malformed name');
  }
  return { uris, dnsNames };
}

/** The fields of one certificate; throws `DerError` unless the bytes are exactly one strict DER certificate. */
export function readCertificate(bytes: Uint8Array): CertificateFields {
  const outer = sequence(readOne(bytes, tags.sequence));
  if (outer.length !== 3) throw new DerError('expected certificate, algorithm, signature');
  const tbs = sequence(outer[0]);
  // Version 1 and 2 have no extensions, hence no identity; they are read as such.
  const fields = isContext(tbs[0], 0) ? tbs.slice(1) : tbs;
  const spki = fields[5];
  if (fields[0]?.tag !== tags.integer || spki?.tag !== tags.sequence)
    throw new DerError('expected a certificate');
  const wrappers = fields.slice(6).filter((field) => isContext(field, 3));
  if (wrappers.length > 1) throw new DerError('extensions twice');
  const extensions = readExtensions(wrappers[0]);
  return {
    spki: spki.der,
    isCa: readBasicConstraints(extensions.get(ids.basicConstraints)),
    keyUsage: readKeyUsage(extensions.get(ids.keyUsage)),
    extendedKeyUsage: readExtendedKeyUsage(extensions.get(ids.eku)),
    ...readNames(extensions.get(ids.san)),
  };
}
