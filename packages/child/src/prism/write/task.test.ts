import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@ficus/common/clock.ts';
import type { PrismCalls } from './calls.ts';
import { finished } from './task.ts';

/** Calls whose task is always this one. */
function calls(task: object): PrismCalls {
  return {
    clock: systemClock,
    leftMs: () => 1000,
    newest: async () => ({ document: { data: task } }),
  } as unknown as PrismCalls;
}
const accepted = (extId: string) => ({ document: { data: { extId } } }) as never;
const id = '0a29c999-e680-4dda-85c5-7c77e9e94a02';

test('identifiers that are none reach neither a path nor a terminal', async () => {
  for (const extId of ['\u001b[2J', '../../x', 'a b', '', 'x'.repeat(201)]) {
    await assert.rejects(finished(calls({}), accepted(extId), 'make it'), { code: 'prism.bad-answer' });
  }
  const entitiesAffected = [
    { extId: '\u001b]0;x\u0007', rel: 'vmm:ahv:config:vm' },
    { extId: '../users', rel: 'vmm:ahv:config:vm' },
    { extId: id, rel: 'vmm:ahv:config:vm' },
    { extId: id },
  ];
  const task = calls({ status: 'SUCCEEDED', entitiesAffected });
  const made = await finished(task, accepted(`ZXJnb24=:${id}`), 'make it');
  assert.deepEqual(
    made.map(({ extId }) => extId),
    [id],
  );
});
