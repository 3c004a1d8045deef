import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { createLog } from '@ficus/common/log.ts';
import { stopOnSignals } from './signals.ts';

const log = createLog({ level: 'silent' });

function harness(closing: Promise<void>) {
  const emitter = new EventEmitter();
  const exits: number[] = [];
  let closed = 0;
  const source = Object.assign(emitter, { exit: (code: number) => void exits.push(code) });
  const close = () => {
    closed++;
    return closing;
  };
  const off = stopOnSignals(close, log, source as never);
  return { emitter, exits, off, closed: () => closed };
}
const settle = () => new Promise(setImmediate);

test('the first signal closes once and exits with 0', async () => {
  const { emitter, exits, closed } = harness(Promise.resolve());
  emitter.emit('SIGTERM');
  await settle();
  assert.deepEqual([closed(), exits], [1, [0]]);
});

test('a second signal exits at once, whichever it is', async () => {
  const { emitter, exits, closed } = harness(new Promise(() => {}));
  emitter.emit('SIGINT');
  assert.deepEqual(exits, []);
  emitter.emit('SIGTERM');
  await settle();
  assert.deepEqual([closed(), exits], [1, [1]]);
});

test('a failed stop exits with 1', async () => {
  const { emitter, exits } = harness(Promise.reject(new Error('stuck')));
  emitter.emit('SIGTERM');
  await settle();
  assert.deepEqual(exits, [1]);
});
