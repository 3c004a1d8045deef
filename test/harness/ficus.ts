/** The `ficus` command, run as people run it. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The command's entry, which runs the build. */
export const ficusEntry = fileURLToPath(new URL('../../packages/cli/bin/ficus.js', import.meta.url));

/**
 * What starts `ficus`: this `node` with the command's entry, or, when FICUS_EXECUTABLE names one, a packaged executable. With that
 * variable any of these tests is one of the artefact.
 */
export function ficusCommand(args: readonly string[]): { readonly command: string; readonly args: string[] } {
  const executable = process.env['FICUS_EXECUTABLE'] ?? '';
  return executable === ''
    ? { command: process.execPath, args: [ficusEntry, ...args] }
    : { command: executable, args: [...args] };
}

/** What a finished command said. */
export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `ficus …` to its end; never throws because of its exit code. */
export function runCli(
  args: readonly string[],
  options: {
    readonly cwd?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly input?: string;
  } = {},
): Promise<CliResult> {
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...env } = process.env;
  const ficus = ficusCommand(args);
  return new Promise((resolve, reject) => {
    const child = execFile(
      ficus.command,
      ficus.args,
      {
        timeout: 30_000,
        maxBuffer: 64 * 1024 * 1024,
        env: { ...env, ...options.env },
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      },
      (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number') {
          reject(new Error(`ficus ${args.join(' ')}: ${error.message}\n${stderr}`, { cause: error }));
        } else {
          resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
        }
      },
    );
    child.stdin?.end(options.input ?? '');
  });
}

/** Runs `ficus … --json` and returns what it printed; throws with its error when it failed. */
export async function cliJson<T>(
  args: readonly string[],
  options: Parameters<typeof runCli>[1] = {},
): Promise<T> {
  const result = await runCli([...args, '--json'], options);
  if (result.code !== 0)
    throw new Error(`ficus ${args.join(' ')} exited with ${result.code}:\n${result.stderr}`);
  return JSON.parse(result.stdout) as T;
}
