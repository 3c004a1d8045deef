/** `npm run test:vm`: runs the stories, or says what they need; ends with `N passed, N failed, N skipped` alone on a line. */
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { missing } from './needs.ts';

const needs = missing();
if (needs.length > 0) {
  for (const need of needs) console.log(`SKIPPED test:vm: ${need}`);
  console.log('0 passed, 0 failed, 1 skipped');
} else {
  const total = { passed: 0, failed: 0, skipped: 0 };
  const began = performance.now();
  // Whoever interrupts it leaves no VM behind: the stories' process is ended, and its VM with it.
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => interrupted.abort());
  }
  const stream = run({
    signal: interrupted.signal,
    files: [fileURLToPath(new URL('./story.ts', import.meta.url))],
    execArgv: ['--conditions=source', '--disable-warning=ExperimentalWarning'],
  });
  stream.on('test:pass', ({ skip, nesting }) => {
    if (skip !== undefined && skip !== false) total.skipped += 1;
    else if (nesting > 0) total.passed += 1;
  });
  stream.on('test:fail', ({ nesting, details }) => {
    // A story that fails because one of its steps did is counted once.
    if (nesting > 0 || !onlySubtests(details.error)) total.failed += 1;
  });
  stream.compose(spec()).pipe(process.stdout, { end: false });
  stream.on('end', () => {
    console.log(`\ntook ${((performance.now() - began) / 1000).toFixed(0)} s`);
    console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
    process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
  });
}

/** node:test says in `failureType` that a test failed because one inside it did. */
function onlySubtests(error: Error): boolean {
  return 'failureType' in error && error.failureType === 'subtestsFailed';
}
