/** `ficus pki list` and `ficus pki inspect`. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { CertificateInfo, Revoked } from '@ficus/common/api/admin.ts';
import { FicusError } from '@ficus/common/errors.ts';
import { type CertificateDescription, describe } from '@ficus/pki/certificate.ts';
import { pemCertificates } from '@ficus/pki/pem.ts';
import { actor, withAdmin } from '../admin/command.ts';
import type { AdminOptions } from '../admin/locate.ts';
import { fromNow } from '../output/duration.ts';
import { json } from '../output/io.ts';
import { printable, table } from '../output/table.ts';
import type { Cli } from '../program.ts';

export type InspectOptions = AdminOptions;

/** Prints the children's certificates. */
export async function list(cli: Cli, options: InspectOptions): Promise<void> {
  const certificates = await issued(cli, options);
  if (options.json) return json(cli.io, { certificates });
  const now = Date.now();
  cli.io.out(
    table<CertificateInfo>(
      [
        { title: 'serial', value: (row) => row.serial },
        { title: 'child', value: (row) => row.child },
        { title: 'state', value: (row) => row.state },
        { title: 'issued', value: (row) => fromNow(row.notBefore, now) },
        { title: 'ends', value: (row) => fromNow(row.notAfter, now) },
      ],
      certificates,
    ),
  );
}

/** Describes every certificate in a PEM file, or finds a child's by its serial number. */
export async function inspect(cli: Cli, what: string, options: InspectOptions): Promise<void> {
  const file = resolve(cli.io.cwd, what);
  if (existsSync(file)) return inspectFile(cli, file, options);
  if (!/^[0-9A-Fa-f]+$/.test(what)) {
    throw new FicusError('pki.not-found', `want a PEM file or a serial number (hexadecimal), got "${what}"`, {
      remedy: 'see `ficus pki list` for serial numbers',
    });
  }
  const wanted = what.toUpperCase();
  const found = (await issued(cli, options)).find((one) => one.serial.toUpperCase() === wanted);
  if (found === undefined) {
    throw new FicusError('pki.not-found', `no child has a certificate with serial ${wanted}`, {
      remedy: 'see `ficus pki list`; a renewed certificate has a new serial number',
    });
  }
  if (options.json) return json(cli.io, found);
  cli.io.out(
    lines({
      serial: found.serial,
      child: found.child,
      uri: found.uri,
      state: found.state,
      'not before': found.notBefore,
      'not after': `${found.notAfter} (${fromNow(found.notAfter, Date.now())})`,
    }),
  );
}

/** Refuses one certificate from now on, and closes its connections. */
export async function revoke(
  cli: Cli,
  serial: string,
  options: InspectOptions & { readonly reason: string },
): Promise<void> {
  const body = { reason: options.reason, actor: actor(cli) };
  const path = `/certificates/${encodeURIComponent(serial)}`;
  const answer = await withAdmin(cli, options, (admin) => admin.send<Revoked>('DELETE', path, body));
  if (options.json) return json(cli.io, answer);
  cli.io.out(`certificate ${serial} is revoked; the child needs a new token to join again\n`);
}

async function inspectFile(cli: Cli, file: string, options: InspectOptions): Promise<void> {
  const text = await readFile(file, 'utf8');
  const found = pemCertificates(text);
  // Lets `describe` say what is wrong with a file that has none.
  const certificates = (found.length === 0 ? [text] : found).map((pem) => describe(pem));
  if (options.json) return json(cli.io, { file, certificates });
  cli.io.out(certificates.map((one) => lines(forPeople(one))).join('\n'));
}

function forPeople(one: CertificateDescription): Record<string, string> {
  return {
    serial: one.serial,
    subject: one.subject,
    issuer: one.issuer,
    uri: one.uri ?? '-',
    'dns names': one.dnsNames.join(', ') || '-',
    'not before': one.notBefore,
    'not after': `${one.notAfter} (${fromNow(one.notAfter, Date.now())})`,
    authority: one.isAuthority ? 'yes' : 'no',
    key: one.key,
    fingerprint: one.fingerprint,
    pin: one.pin,
  };
}

function lines(values: Readonly<Record<string, string>>): string {
  const width = Math.max(...Object.keys(values).map((key) => key.length));
  return Object.entries(values)
    .map(([key, value]) => `${key.padEnd(width)}  ${printable(value)}\n`)
    .join('');
}

async function issued(cli: Cli, options: AdminOptions): Promise<readonly CertificateInfo[]> {
  const answer = await withAdmin(cli, options, (admin) =>
    admin.get<{ certificates: CertificateInfo[] }>('/certificates'),
  );
  return answer.certificates;
}
