/** Turns weights and modes with the `ficus` command, and measures how soon the traffic follows. */
import { reportFailure } from '@ficus/cli/output/failure.ts';
import { runProgram } from '@ficus/cli/program.ts';
import type { Load } from '@ficus/test/harness/load.ts';
import type { Cast } from './cast.ts';
import type { Narrator } from './narrator.ts';

/**
 * Runs a `ficus` command (in this process, so that the time is the command's and not that of starting Node) and waits for
 * the first answer of the cluster after it began; `alone`: for the first moment from which the monolith answers no more.
 */
export async function turn(
  cast: Cast,
  tell: Narrator,
  running: Load,
  argv: readonly string[],
  alone = false,
): Promise<number> {
  let out = '';
  let err = '';
  const io = {
    env: { FICUS_SOCKET: cast.socket, FICUS_ACTOR: 'demo' },
    cwd: cast.directory.path,
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    stdin: async () => '',
  };
  const began = performance.now();
  const first = running.next((by) => by === 'orders');
  const code = await runProgram(argv, io).catch((error: unknown) => reportFailure(io, error));
  if (code !== 0) throw new Error(`ficus ${argv.join(' ')}: ${err}`);
  const ms = Math.round((await first) - began);
  // Answers that were on their way when the command returned are the last of the old split.
  if (alone) await running.seen(50);
  tell.command(`ficus ${argv.map((word) => (/[\s%]/.test(word) ? `"${word}"` : word)).join(' ')}`, out);
  return ms;
}
