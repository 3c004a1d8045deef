/**
 * `npm run demo` plays the story and stays; `npm run demo -- --once` ends after it; with `--json` standard output is exactly
 * one JSON document.
 */
import { parseArgs } from 'node:util';
import { Cast } from './cast.ts';
import { silent, storyteller } from './narrator.ts';
import { play } from './scenario.ts';
import { stay } from './stay.ts';

const { values } = parseArgs({ options: { once: { type: 'boolean' }, json: { type: 'boolean' } } });
const write = (text: string) => void process.stdout.write(text);

const stopped = new Promise<'stopped'>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => resolve('stopped'));
});

const cast = await Cast.make();
try {
  const played = await Promise.race([play(cast, values.json ? silent : storyteller(write)), stopped]);
  if (played !== 'stopped') {
    if (values.json) write(`${JSON.stringify(played.result, null, 2)}\n`);
    const failed = played.result.phases.reduce((sum, phase) => sum + phase.failed, 0);
    if (failed > 0) process.exitCode = 1;
    if (!values.once) await stay(cast, played.load, stopped, values.json ? () => {} : write);
  }
} catch (error) {
  process.stderr.write(
    `error: the demo failed: ${error instanceof Error ? error.message : error}\n${cast.output()}\n`,
  );
  process.exitCode = 1;
}
await cast[Symbol.asyncDispose]();
// The load still runs; nothing of it is worth waiting for.
process.exit();
