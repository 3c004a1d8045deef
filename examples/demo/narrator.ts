/** Tells the story on the terminal. With `--json` it says nothing. */
import { printable } from '@ficus/cli/output/table.ts';
import type { Phase, Split } from './phases.ts';

/** Where the story goes. */
export interface Narrator {
  /** A step that happens now. */
  step(text: string): void;
  /** A command that is run, and what it printed. */
  command(line: string, output?: string): void;
  /** What a phase measured. */
  measured(phase: Phase): void;
}

/** Says nothing: standard output is for the JSON document. */
export const silent: Narrator = { step() {}, command() {}, measured() {} };

/** Writes lines for a person. */
export function storyteller(write: (text: string) => void): Narrator {
  return {
    step: (text) => write(`\n● ${text}\n`),
    command: (line, output) => {
      write(`  $ ${line}\n`);
      for (const one of (output ?? '').trimEnd().split('\n'))
        if (one !== '') write(`    ${printable(one)}\n`);
    },
    measured: (phase) => {
      const failed =
        phase.failed === 0 ? '0 failed' : `${phase.failed} FAILED ${JSON.stringify(phase.failures)}`;
      write(
        `  ${bar(phase.measured)}  ${splitText(phase.measured)}` +
          `   ${phase.requests} requests, ${failed}, p50 ${phase.p50Ms} ms, p99 ${phase.p99Ms} ms\n`,
      );
    },
  };
}

/** `vm-1 90.0 %, cluster-1 10.0 %`. */
export function splitText(split: Split): string {
  return Object.entries(split)
    .map(([child, share]) => `${child} ${(share * 100).toFixed(1)} %`)
    .join(', ');
}

const width = 30;
const marks = ['█', '░', '▒', '▓'];

/** One mark a child, as long as its share. */
function bar(split: Split): string {
  const shares = Object.values(split);
  let text = '';
  let sum = 0;
  shares.forEach((share, index) => {
    sum += share;
    text = text.padEnd(Math.round(sum * width), marks[index % marks.length]);
  });
  return `[${text.padEnd(width)}]`;
}
