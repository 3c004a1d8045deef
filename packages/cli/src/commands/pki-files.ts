/** `ficus pki export` and `ficus pki roots`: what is in a state directory, and what a parent trusts. */
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { identityDirectory } from '@ficus/child/state/identity-directory.ts';
import type { TrustBundle } from '@ficus/common/api/admin.ts';
import { describe } from '@ficus/pki/certificate.ts';
import { loadIdentity } from '@ficus/pki/node-identity.ts';
import { withAdmin } from '../admin/command.ts';
import type { AdminOptions } from '../admin/locate.ts';
import { usageError } from '../output/failure.ts';
import { json } from '../output/io.ts';
import type { Cli } from '../program.ts';

export interface ExportOptions {
  readonly p12: string;
  readonly stateDirectory: string;
  readonly passwordFile?: string;
  readonly json?: boolean;
}
export interface RootsOptions extends AdminOptions {
  readonly stateDirectory?: string;
}

/** Writes the PKCS#12 file; never over another one. */
export async function exportIdentity(cli: Cli, options: ExportOptions): Promise<void> {
  const password = await readPassword(cli, options);
  const identity = await loadIdentity(identityDirectory(resolve(cli.io.cwd, options.stateDirectory)));
  const { exportPkcs12 } = await import('@ficus/pki/pkcs12.ts');
  const bytes = await exportPkcs12({
    key: identity.key,
    certificate: identity.certificate,
    password,
    friendlyName: identity.uri,
  });
  const file = resolve(cli.io.cwd, options.p12);
  await writeFile(file, bytes, { mode: 0o600, flag: 'wx' });
  if (options.json) return json(cli.io, { file, uri: identity.uri, serial: identity.facts.serial });
  cli.io.out(`${file}: key and chain of ${identity.uri}; keep it as safe as the password\n`);
}

/** Prints the trust bundle. */
export async function roots(cli: Cli, options: RootsOptions): Promise<void> {
  const bundle =
    options.stateDirectory === undefined
      ? await rootsOfParent(cli, options)
      : (await loadIdentity(identityDirectory(resolve(cli.io.cwd, options.stateDirectory)))).roots;
  if (!options.json) return cli.io.out(bundle.map((pem) => `${pem.trimEnd()}\n`).join(''));
  json(cli.io, {
    roots: bundle.map((pem) => {
      const { subject, notAfter, pin } = describe(pem);
      return { subject, notAfter, pin, pem };
    }),
  });
}

async function rootsOfParent(cli: Cli, options: AdminOptions): Promise<readonly string[]> {
  return (await withAdmin(cli, options, (admin) => admin.get<TrustBundle>('/pki/roots'))).roots;
}

async function readPassword(cli: Cli, options: ExportOptions): Promise<string> {
  const text =
    options.passwordFile === undefined
      ? cli.io.env['FICUS_P12_PASSWORD']
      : (await readFile(resolve(cli.io.cwd, options.passwordFile), 'utf8')).replace(/\r?\n$/, '');
  if (text) return text;
  throw usageError(
    'want a password for the PKCS#12 file, got none',
    'give it with --password-file or in FICUS_P12_PASSWORD',
  );
}
