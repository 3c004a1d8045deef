/** `ficus check`: every mistake in configuration files, without starting anything. */
import type { Command } from 'commander';
import { exitCodes } from '../output/failure.ts';
import { json } from '../output/io.ts';
import type { Cli } from '../program.ts';

/** Registers the command. */
export function check(program: Command, cli: Cli): void {
  program
    .command('check')
    .description('check configuration files: of a parent, of a child, or dynamic; the content says which')
    .argument('<files...>')
    .option('--json', 'print JSON for programs')
    .addHelpText('after', '\nExample:\n  ficus check parent.yaml dynamic/*.yaml')
    .action((files: string[], options: { json?: boolean }) => run(cli, files, options));
}

async function run(cli: Cli, files: readonly string[], options: { json?: boolean }): Promise<void> {
  const [{ checkFiles }, { formatProblem }] = await Promise.all([
    import('./check-files.ts'),
    import('@ficus/common/config/problem.ts'),
  ]);
  const checked = await checkFiles(files, cli.io.cwd);
  const problems = checked.flatMap((file) => file.problems);
  if (problems.length > 0) cli.exitCode(exitCodes.failure);
  if (options.json) return json(cli.io, { files: checked });
  for (const problem of problems) cli.io.out(`${formatProblem(problem)}\n`);
  for (const file of checked) {
    if (file.problems.length > 0) continue;
    const kind = isConfiguration(file.file) ? kinds[file.kind] : 'named in the configuration';
    cli.io.out(`${file.file}: ok (${kind})\n`);
  }
}

/** Users, certificates and keys are found under other names. */
function isConfiguration(file: string): boolean {
  return /\.(ya?ml|json)$/i.test(file);
}

const kinds = {
  parent: 'static configuration of a parent',
  child: 'static configuration of a child',
  dynamic: 'dynamic configuration',
} as const;
