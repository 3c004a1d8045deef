// Runs the tests: unit tests, then those with real processes; ends with `N passed, N failed, N skipped` alone on a line.
//
//   npm test                      everything
//   npm test -- store weights     only the files whose path contains one of the words
//   npm test -- --unit | --e2e    only one kind

import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runFile } from './run-file.js';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const flags = process.argv.slice(2).filter((word) => word.startsWith('--'));

const unit = [
  'packages/*/src/**/*.test.ts',
  'pki/src/**/*.test.ts',
  'test/*/**/*.test.ts',
  'bench/**/*.test.ts',
  'examples/**/*.test.ts',
  'deploy/**/*.test.ts',
];
const withProcesses = ['test/e2e/*.test.ts', 'test/interop/*.test.ts', 'test/conformance/*.test.ts'];

const files = (patterns) =>
  patterns
    .flatMap((pattern) => globSync(pattern, { exclude: ['**/node_modules/**', '**/dist/**'] }))
    .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
    .sort();

const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const started = performance.now();

const slow = files(withProcesses);
if (!flags.includes('--e2e')) {
  await runAll(
    'unit',
    files(unit).filter((file) => !slow.includes(file)),
    2,
  );
}
if (!flags.includes('--unit')) await runAll('with real processes', slow, 1);

for (const failure of failures) console.log(`\nFAILED ${failure}`);
const ran = total.passed + total.failed;
if (ran === 0) console.log('\nno test ran');
console.log(`\ntook ${((performance.now() - started) / 1000).toFixed(1)} s`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed > 0 || ran === 0 ? 1 : 0);

/**
 * Runs each file in a process of its own, so many at a time: those with real processes start several more each, and two of them at
 * once leave none of these a core for as long as their deadlines.
 */
async function runAll(name, list, atOnce) {
  if (list.length === 0) return;
  console.log(`${name}: ${list.length} files`);
  const queue = list.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const file of queue) add(file, await runFile(file));
    }),
  );
}

function add(file, { passed, failed, skipped, output }) {
  total.passed += passed;
  total.failed += failed.length;
  total.skipped += skipped.length;
  for (const { name, reason } of skipped) console.log(`SKIPPED ${file}: ${name}: ${reason}`);
  for (const { name, at, error } of failed) {
    console.log(`FAILED ${file}${at}: ${name}`);
    failures.push(`${file}${at}: ${name}\n${indent(error)}`);
  }
  if (failed.length > 0 && output !== '') failures.push(`${file} printed:\n${indent(output)}`);
}

function indent(text) {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
}
