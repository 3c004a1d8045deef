/** `ficus healthcheck`: whether the node on this machine serves. For `HEALTHCHECK`, which knows no more than an exit code. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { FicusError } from '@ficus/common/errors.ts';
import type { Command } from 'commander';
import { usageError } from '../output/failure.ts';
import type { Io } from '../output/io.ts';
import type { Cli } from '../program.ts';
import { configKind } from './config-kind.ts';

/** Where packages and the image put it; the first that is there. */
const usual = ['/etc/ficus/parent.yaml', '/etc/ficus/child.yaml'];

/** Registers the command. */
export function healthcheck(program: Command, cli: Cli): void {
  program
    .command('healthcheck')
    .description('ask whether the parent or child on this machine serves; exit code 0 when it does')
    .option('--config <file>', `its static configuration; default FICUS_CONFIG, or ${usual.join(' or ')}`)
    .addHelpText('after', '\nExample:\n  ficus healthcheck --config /etc/ficus/child.yaml')
    .action(async ({ config }: { config?: string }) => {
      const lines = await serves(configFile(cli.io, config));
      cli.io.out(`${lines.join('\n')}\n`);
    });
}

function configFile(io: Io, given: string | undefined): string {
  const file = given ?? (io.env['FICUS_CONFIG'] || undefined) ?? usual.find((one) => existsSync(one));
  if (file !== undefined) return resolve(io.cwd, file);
  throw usageError(
    `want the configuration of the node, found neither --config, FICUS_CONFIG nor ${usual.join(' or ')}`,
    'give the file that the node was started with: --config <file>',
  );
}

/** What was found to serve, a line each; throws a `FicusError` for the first that does not. */
async function serves(file: string): Promise<readonly string[]> {
  const kind = configKind(await readFile(file, 'utf8'));
  if (kind === 'parent') return (await import('../node/parent-health.ts')).parentServes(file);
  if (kind === 'child') return (await import('../node/child-health.ts')).childServes(file);
  throw new FicusError(
    'config.other-kind',
    `${file}: want the configuration of a parent or child, found a dynamic one`,
    {
      remedy: 'name the file that the node was started with',
    },
  );
}
