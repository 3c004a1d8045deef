/** Runs a program of the machine to its end. */
import { execFile } from 'node:child_process';

export interface CommandOptions {
  /** Default: a minute. */
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** What it printed. Throws with its last lines when it failed or took too long. */
export function command(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      program,
      [...args],
      {
        timeout: options.timeoutMs ?? 60_000,
        maxBuffer: 64 * 1024 * 1024,
        env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, ...options.env },
      },
      (error, stdout, stderr) => {
        if (!error) return resolve(stdout);
        const last = `${stdout}${stderr}`.trimEnd().split('\n').slice(-20).join('\n');
        const how = error.killed ? `took more than ${(options.timeoutMs ?? 60_000) / 1000} s` : 'failed';
        reject(new Error(`${program} ${args.join(' ')} ${how}:\n${last}`, { cause: error }));
      },
    );
  });
}
