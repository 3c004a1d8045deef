import assert from 'node:assert/strict';
import { test } from 'node:test';
import { helperEntry } from './entry.ts';

const flags = ['--expose-gc', '--no-maglev'];

test('from source a helper is the file beside its starter, under the same condition', () => {
  assert.deepEqual(helperEntry('worker', 'file:///srv/ficus/src/worker-process.ts', flags, false), {
    execPath: process.execPath,
    argv0: process.execPath,
    file: '/srv/ficus/src/main.ts',
    execArgv: ['--conditions=source', ...flags],
  });
});

test('from the build it is the built file', () => {
  assert.deepEqual(helperEntry('enrol', 'file:///srv/a%20b/dist/enrol-process.js', [], false), {
    execPath: process.execPath,
    argv0: process.execPath,
    file: '/srv/a b/dist/enrol-main.js',
    execArgv: [],
  });
});

test('packaged it is a word, and the flags are told in the way an executable takes them', () => {
  assert.deepEqual(helperEntry('worker', '', flags, true), {
    execPath: '/proc/self/exe',
    argv0: 'ficus',
    file: 'helper:worker',
    execArgv: ['--node-options=--expose-gc --no-maglev'],
  });
  const { file, execArgv } = helperEntry('enrol', '', [], true);
  assert.deepEqual([file, execArgv], ['helper:enrol', []]);
});
