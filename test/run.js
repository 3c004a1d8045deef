// Runs the tests: unit tests, then those with real processes; ends with `N passed, N failed, N skipped` alone on a line.
//
//   npm test                      everything
//   npm test -- store weights     only the files whose path contains one of the words
//   npm test -- --unit | --e2e    only one kind

import { globSync } from 'node:fs';
import { relative } from 'node:path';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const flags = process.argv.slice(2).filter((word) => word.startsWith('--'));

const unit = [
  'packages/*/src/**/*.test.ts',
  'pki/src/**/*.test.ts',
  'test/harness/**/*.test.ts',
  'test/golden/**/*.test.ts',
  'test/stack/**/*.test.ts',
  'bench/**/*.test.ts',
  'examples/**/*.test.ts',
];
const withProcesses = ['test/e2e/*.test.ts', 'test/conformance/*.test.ts'];

/** Long enough for the slowest file on a loaded machine, short enough to end a hang. */
const fileTimeoutMs = 150_000;

const files = (patterns) =>
  patterns
    .flatMap((pattern) => globSync(pattern, { exclude: ['**/node_modules/**', '**/dist/**'] }))
    .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
    .sort();

const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const started = performance.now();

if (!flags.includes('--e2e')) await runFiles('unit', files(unit), 2);
// Two at a time: each starts several processes that share the same cores.
if (!flags.includes('--unit')) await runFiles('with real processes', files(withProcesses), 2);

for (const failure of failures) console.log(`\nFAILED ${failure}`);
const ran = total.passed + total.failed;
if (ran === 0) console.log('\nno test ran');
console.log(`\ntook ${((performance.now() - started) / 1000).toFixed(1)} s`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 || ran === 0 ? 1 : 0;

/** Runs each file in a process of its own, `concurrency` at a time, and adds to the totals. */
async function runFiles(name, list, concurrency) {
  if (list.length === 0) return;
  console.log(`${name}: ${list.length} files`);
  const stream = run({
    files: list.map((file) => `${root}${file}`),
    concurrency,
    execArgv: ['--conditions=source', '--disable-warning=ExperimentalWarning'],
    timeout: fileTimeoutMs,
  });
  const output = new Map();
  for await (const { type, data } of stream) {
    const file = data?.file === undefined ? '' : relative(root, data.file);
    if (type === 'test:stdout' || type === 'test:stderr') {
      output.set(file, `${output.get(file) ?? ''}${data.message}`.slice(-20_000));
    } else if (type === 'test:pass' || type === 'test:fail') {
      count(type === 'test:pass', file, data, output);
    }
  }
}

/** Suites are counted by what is in them, except one that failed by itself (a hook threw, a file didn't load). */
function count(passed, file, data, output) {
  const suite = data.details?.type === 'suite';
  const error = data.details?.error;
  if (data.skip !== undefined && data.skip !== false) {
    total.skipped += 1;
    const reason = typeof data.skip === 'string' && data.skip !== '' ? data.skip : 'no reason given';
    console.log(`SKIPPED ${file}: ${data.name}: ${reason}`);
  } else if (passed || data.todo) {
    if (!suite) total.passed += 1;
  } else if (!(suite && error?.failureType === 'subtestsFailed') && error?.failureType !== 'subtestsFailed') {
    total.failed += 1;
    const where = data.line === undefined ? file : `${file}:${data.line}:${data.column}`;
    console.log(`FAILED ${where}: ${data.name}`);
    const cause = error?.cause ?? error;
    const shown = cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause);
    const printed = output.get(file);
    failures.push(
      `${where}: ${data.name}\n${indent(shown)}${printed ? `\n  printed by ${file}:\n${indent(printed)}` : ''}`,
    );
  }
}

function indent(text) {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
}
