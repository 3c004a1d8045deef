/** `ficus parent` and `ficus child` as `--help` shows them. They run from main.ts, without this file. */
import type { Command } from 'commander';
import type { Cli } from '../program.ts';

/** Registers the commands. */
export function nodes(program: Command, _cli: Cli): void {
  program
    .command('parent')
    .description('run a parent gateway: the public door')
    .requiredOption('--config <file>', 'its static configuration (YAML)')
    .addHelpText('after', '\nExample:\n  ficus parent --config parent.yaml');
  program
    .command('child')
    .description('run a child gateway, beside the workloads')
    .requiredOption('--config <file>', 'its static configuration (YAML)')
    .addHelpText('after', '\nExample:\n  ficus child --config child.yaml');
}
