/** Where the `ficus` command begins: looks at the first word and loads only what that command needs. */
import { reportFailure } from './output/failure.ts';
import { type Io, processIo } from './output/io.ts';

/**
 * Runs one command line and sets the process's exit code: 0 ok, 1 failure, 2 usage. A long-running node (`parent`,
 * `child`) is started without the command-line parser and the other commands, which would stay in its memory.
 */
export async function main(argv: readonly string[], io: Io = processIo): Promise<void> {
  try {
    process.exitCode = await run(argv, io);
  } catch (error) {
    process.exitCode = reportFailure(io, error);
  }
}

async function run(argv: readonly string[], io: Io): Promise<number> {
  const [command, ...rest] = argv;
  const help = rest.some((word) => word === '--help' || word === '-h');
  if ((command === 'parent' || command === 'child') && !help) {
    const { runNode } = await import('./node/run-node.ts');
    return runNode(command, rest, io);
  }
  // Whoever read it has seen enough: `ficus status | head`.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  const { runProgram } = await import('./program.ts');
  return runProgram(argv, io);
}
