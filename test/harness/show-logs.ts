/** Imported by test files through `harness.ts`: prints the processes' logs when a test failed. */
import { afterEach } from 'node:test';
import { takeLogs } from './logs.ts';

afterEach((context) => {
  const logs = takeLogs();
  // Hooks are given the context of the test that just ran.
  if ('passed' in context && context.passed === false) console.log(logs);
});
