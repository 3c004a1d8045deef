/** `ficus pki list | inspect | revoke | export | roots`: certificates, for people. */
import type { Command } from 'commander';
import { adminOptions } from '../admin/command.ts';
import type { Cli } from '../program.ts';
import type { ExportOptions, RootsOptions } from './pki-files.ts';
import type { InspectOptions } from './pki-inspect.ts';

/** Registers the commands; what they do is loaded when they run. */
export function pki(program: Command, cli: Cli): void {
  const group = program
    .command('pki')
    .description('certificates: list, inspect, revoke, export, roots')
    .addHelpText('after', '\nExample:\n  ficus pki list');

  adminOptions(group.command('list').description('list the certificates of the children'))
    .addHelpText('after', '\nExample:\n  ficus pki list')
    .action(async (options: InspectOptions) => (await import('./pki-inspect.ts')).list(cli, options));

  adminOptions(
    group
      .command('inspect')
      .description('show a PEM file, or the certificate of a child by its serial number')
      .argument('<file or serial>'),
  )
    .addHelpText('after', '\nExamples:\n  ficus pki inspect ca.pem\n  ficus pki inspect 5F3A09C1')
    .action(async (what: string, options: InspectOptions) =>
      (await import('./pki-inspect.ts')).inspect(cli, what, options),
    );

  group
    .command('export')
    .description("write a child's key, certificate and chain as PKCS#12")
    .requiredOption('--p12 <file>', 'the file to write (0600); must not exist')
    .option('--state-directory <directory>', "the child's state directory", 'state')
    .option('--password-file <file>', 'file with the password; default FICUS_P12_PASSWORD')
    .option('--json', 'print JSON for programs')
    .addHelpText('after', '\nExample:\n  ficus pki export --p12 vm-1.p12 --password-file password')
    .action(async (options: ExportOptions) => (await import('./pki-files.ts')).exportIdentity(cli, options));

  adminOptions(
    group
      .command('revoke')
      .description('refuse one certificate of a child from now on, by its serial number')
      .argument('<serial>')
      .requiredOption('--reason <text>', 'why, for the history'),
  )
    .addHelpText('after', '\nExample:\n  ficus pki revoke 5F3A09C1 --reason "key was copied"')
    .action(async (serial: string, options: InspectOptions & { reason: string }) =>
      (await import('./pki-inspect.ts')).revoke(cli, serial, options),
    );

  adminOptions(
    group
      .command('roots')
      .description("print the trusted roots as PEM: a parent's, or a child's with --state-directory")
      .option('--state-directory <directory>', "a child's state directory"),
  )
    .addHelpText('after', '\nExample:\n  ficus pki roots > roots.pem')
    .action(async (options: RootsOptions) => (await import('./pki-files.ts')).roots(cli, options));
}
