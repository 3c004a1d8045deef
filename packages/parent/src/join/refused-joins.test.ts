import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '@ficus/gateway/testing/manual-clock.ts';
import { RefusedJoins } from './refused-joins.ts';

test('a child’s refusals stay until it joins or a day is over; strangers share an entry', () => {
  const clock = new ManualClock();
  const refused = new RefusedJoins(clock);
  const used = { code: 'token.used', message: 'want an unused token' };
  refused.add({ source: '10.0.0.7', child: 'vm-1', ...used });
  refused.add({ source: '10.0.0.7', child: 'vm-1', ...used });
  refused.add({ source: '10.0.0.8', child: 'vm-2', ...used });
  for (let i = 0; i < 1000; i++) {
    refused.add({ source: `192.0.2.${i % 250}`, code: 'token.malformed', message: 'no token' });
  }
  assert.deepEqual(
    refused.list().map(({ code, message, count }) => [code, message, count]),
    [
      ['join.refused.token.used', 'of vm-1 from 10.0.0.7: want an unused token', 2],
      ['join.refused.token.used', 'of vm-2 from 10.0.0.8: want an unused token', 1],
      ['join.refused.token.malformed', 'of nobody that has a token here: no token', 1000],
    ],
  );
  refused.joined('vm-1');
  assert.equal(refused.list().length, 2);
  clock.advance(24 * 3_600_000 + 1);
  assert.deepEqual(refused.list(), []);
});
