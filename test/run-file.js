// Runs one test file in a process of its own and counts what its tests did; ends it when it hangs.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const reporter = fileURLToPath(new URL('./reporter.js', import.meta.url));

/** The longest that nothing may happen: no test begins or ends. */
const silenceMs = 90_000;
/** The same once every test that began has ended: then something was left open. */
const leftOpenMs = 10_000;
const mostOutput = 20_000;

const running = new Set();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    for (const child of running) endGroup(child);
    process.exit(1);
  });
}

/** Resolves with `{passed, failed: [{name, at, error}], skipped: [{name, reason}], output}`. Never rejects. */
export function runFile(file) {
  const result = { passed: 0, failed: [], skipped: [], output: '' };
  const child = spawn(
    process.execPath,
    [
      ...['--conditions=source', '--disable-warning=ExperimentalWarning'],
      ...[`--test-reporter=${reporter}`, file],
    ],
    // A process group of its own, so that nothing that a hanging test started is left behind.
    { stdio: ['ignore', 'pipe', 'pipe', 'pipe'], detached: true },
  );
  running.add(child);
  const [, stdout, stderr, events] = child.stdio;
  for (const stream of [stdout, stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      result.output = (result.output + text).slice(-mostOutput);
    });
  }

  let open = 0;
  let hung;
  let watchdog;
  const alive = () => {
    clearTimeout(watchdog);
    const done = open === 0 && result.passed + result.failed.length + result.skipped.length > 0;
    watchdog = setTimeout(
      () => {
        hung = done
          ? `the file did not end ${leftOpenMs / 1000} s after its last test: something was left open`
          : `nothing happened for ${silenceMs / 1000} s`;
        endGroup(child);
      },
      done ? leftOpenMs : silenceMs,
    );
  };
  alive();
  eachLine(events, (event) => {
    if (event.type === 'begin') open += 1;
    else if (event.type === 'end') open -= 1;
    else count(result, event);
    alive();
  });

  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      running.delete(child);
      clearTimeout(watchdog);
      const fail = (error) => result.failed.push({ name: 'the file itself', at: '', error });
      if (hung !== undefined) fail(hung);
      else if (code !== 0 && result.failed.length === 0)
        fail(`it ended with ${signal ?? `exit code ${code}`}`);
      resolve(result);
    });
  });
}

/** Suites are counted by what is in them, except one that failed by itself: a hook threw. */
function count(result, { type, suite, name, line, column, skip, todo, because, error }) {
  if (skip !== undefined && skip !== false) {
    result.skipped.push({ name, reason: typeof skip === 'string' && skip !== '' ? skip : 'no reason given' });
  } else if (type === 'pass' || todo) {
    if (!suite) result.passed += 1;
  } else if (because !== 'subtestsFailed') {
    result.failed.push({ name, at: line === undefined ? '' : `:${line}:${column}`, error });
  }
}

function eachLine(stream, take) {
  let rest = '';
  stream.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(JSON.parse(line));
  });
}

function endGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}
