/** Makes the certificate that TLS entrypoints show when nobody has configured one, as Traefik does. For the main process. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { bitString, der, integer, oid, tags } from '@ficus/pki/der.ts';
import { toPem } from '@ficus/pki/pem.ts';
import type { CertificateModel, Model } from '../model/model.ts';
import { defaultTlsOptions } from '../model/tls-models.ts';
import type { DataPlaneLog } from '../runtime/data-plane.ts';

const dayMs = 86_400_000;
const lifetimeMs = 365 * dayMs;
/** A process that lives longer than that gets a new one with its next configuration. */
const renewBeforeMs = 30 * dayMs;
/** Clocks of clients that are behind. */
const skewMs = 3_600_000;

export class DefaultCertificate {
  readonly #log: DataPlaneLog;
  #made: { readonly certificate: CertificateModel; readonly until: number } | undefined;

  constructor(log: DataPlaneLog) {
    this.#log = log;
  }

  /** `model`, with a certificate if it needs one; the same one for as long as it is good. `now`: wall-clock milliseconds. */
  complete(model: Model, now: number): Model {
    const wanted = model.entryPoints.filter(({ tls, uplink }) => tls && uplink === undefined);
    if (wanted.length === 0 || model.certificates.length > 0 || model.tls?.defaultCertificate !== undefined)
      return model;
    if (this.#made === undefined || now > this.#made.until - renewBeforeMs) {
      this.#made = { certificate: selfSigned(now), until: now + lifetimeMs };
      const entryPoints = wanted.map(({ name }) => name);
      this.#log('warn', 'no certificate in tls.certificates: TLS shows one that nobody trusts', {
        entryPoints,
      });
    }
    const { options = [defaultTlsOptions] } = model.tls ?? {};
    return { ...model, tls: { options, defaultCertificate: this.#made.certificate } };
  }
}

const sequence = (...parts: Buffer[]): Buffer => der(tags.sequence, ...parts);

/** P-256, for a name that nobody asks for: who connects sees that it was not meant to be trusted. */
function selfSigned(now: number): CertificateModel {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const serial = randomBytes(16);
  // Positive, and without leading zeros.
  serial[0] = ((serial[0] as number) & 0x3f) | 0x40;
  const name = `${serial.toString('hex')}.ficus.default`;
  const names = sequence(
    der(tags.set, sequence(oid('2.5.4.3'), der(tags.utf8, Buffer.from('Ficus default certificate')))),
  );
  const algorithm = sequence(oid('1.2.840.10045.4.3.2'));
  const extensions = [
    extension('2.5.29.19', true, sequence()),
    extension('2.5.29.15', true, der(tags.bitString, Buffer.from([0, 0x80]))),
    extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'))),
    extension('2.5.29.17', false, sequence(der(0x82, Buffer.from(name)))),
  ];
  const body = sequence(
    der(0xa0, integer(2)),
    integer(serial),
    algorithm,
    names,
    sequence(time(now - skewMs), time(now + lifetimeMs)),
    names,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const certificate = sequence(body, algorithm, bitString(sign('sha256', body, privateKey)));
  return {
    names: [],
    cert: toPem('CERTIFICATE', certificate),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  const flag = critical ? [der(tags.boolean, Buffer.from([0xff]))] : [];
  return sequence(oid(id), ...flag, der(tags.octetString, value));
}

/** UTCTime up to 2049, then GeneralizedTime (RFC 5280 §4.1.2.5). */
function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '');
  return Number(text.slice(0, 4)) < 2050
    ? der(0x17, Buffer.from(text.slice(2)))
    : der(0x18, Buffer.from(text));
}
