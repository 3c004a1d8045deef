import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { onSignals } from './signals.ts';

function signalled(close: () => Promise<unknown>) {
  const exits: number[] = [];
  const source = Object.assign(new EventEmitter(), { exit: (code: number) => exits.push(code) });
  let rolls = 0;
  const rollWorkers = () => {
    rolls += 1;
    return rolls === 1 ? Promise.resolve() : Promise.reject(new Error('no'));
  };
  const lines: string[] = [];
  const remove = onSignals(
    { close, rollWorkers },
    (level, message) => lines.push(`${level} ${message}`),
    source,
  );
  return { exits, source, remove, lines, rolls: () => rolls };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('SIGTERM stops gracefully and exits with 0, SIGHUP rolls the workers', async () => {
  const run = signalled(() => Promise.resolve());
  run.source.emit('SIGHUP');
  assert.equal(run.rolls(), 1);
  assert.deepEqual(run.exits, []);
  run.source.emit('SIGTERM');
  await turn();
  assert.deepEqual(run.exits, [0]);
  run.remove();
  assert.equal(run.source.listenerCount('SIGTERM'), 0);
});

test('a roll that fails is logged and the node serves on; none is begun while it stops', async () => {
  const run = signalled(() => new Promise(() => {}));
  run.source.emit('SIGHUP');
  run.source.emit('SIGHUP');
  await turn();
  assert.deepEqual(run.lines.at(-1), 'error workers could not be rolled');
  run.source.emit('SIGTERM');
  run.source.emit('SIGHUP');
  await turn();
  assert.deepEqual([run.rolls(), run.exits], [2, []]);
});

test('a second signal stops now, a failed stop exits with 1', async () => {
  const slow = signalled(() => new Promise(() => {}));
  slow.source.emit('SIGINT');
  slow.source.emit('SIGTERM');
  assert.deepEqual(slow.exits, [1]);
  const failing = signalled(() => Promise.reject(new Error('no')));
  failing.source.emit('SIGTERM');
  await turn();
  assert.deepEqual(failing.exits, [1]);
});
