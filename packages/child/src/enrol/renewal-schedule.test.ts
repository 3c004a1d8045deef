import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '@ficus/common/clock.ts';
import { createLog } from '@ficus/common/log.ts';
import { RenewalSchedule, renewalDelay, retryDelay } from './renewal-schedule.ts';

/** A clock that moves when told; `run` lets the promises of due timers settle. */
function manualClock() {
  let now = 0;
  let timers: { at: number; fn: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    after(ms, fn) {
      const timer = { at: now + ms, fn };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
  };
  async function run(ms: number) {
    const end = now + ms;
    for (;;) {
      await new Promise(setImmediate);
      const next = timers.sort((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      timers.shift();
      now = next.at;
      next.fn();
    }
    now = end;
  }
  return { clock, run, pending: () => timers.length };
}

const hour = 3_600_000;

function harness(options: { fails?: (at: number) => boolean; renewEveryMs?: number } = {}) {
  const time = manualClock();
  const lines: { level: string; msg: string; err?: { code?: string; remedy?: string } }[] = [];
  const log = createLog({ destination: { write: (line) => void lines.push(JSON.parse(line)) } });
  let validity = { notBefore: 0, notAfter: 24 * hour };
  const renewedAt: number[] = [];
  const triedAt: number[] = [];
  const schedule = new RenewalSchedule({
    clock: time.clock,
    log,
    random: () => 0.5,
    validity: () => validity,
    ...(options.renewEveryMs === undefined ? {} : { renewEveryMs: options.renewEveryMs }),
    renew: async () => {
      const now = time.clock.now();
      triedAt.push(now);
      if (options.fails?.(now)) throw new Error('parent is away');
      renewedAt.push(now);
      validity = { notBefore: now, notAfter: now + 24 * hour };
    },
  });
  return {
    ...time,
    schedule,
    lines,
    renewedAt,
    triedAt,
    setValidity: (v: typeof validity) => (validity = v),
  };
}

test('renews at half life, every half life', async () => {
  const h = harness();
  h.schedule.start();
  await h.run(49 * hour);
  assert.deepEqual(h.renewedAt, [12 * hour, 24 * hour, 36 * hour, 48 * hour]);
});

test('renewEveryMs overrules half life', async () => {
  const h = harness({ renewEveryMs: 1000 });
  h.schedule.start();
  await h.run(10_500);
  assert.equal(h.renewedAt.length, 10);
});

test('a failed renewal is tried again with growing pauses until it works', async () => {
  const h = harness({ fails: (at) => at < 13 * hour });
  h.schedule.start();
  await h.run(14 * hour);
  assert.equal(h.renewedAt.length, 1);
  const pauses = h.triedAt.slice(1).map((at, i) => at - (h.triedAt[i] as number));
  assert.deepEqual(pauses.slice(0, 4), [1000, 2000, 4000, 8000]);
  assert.equal(Math.max(...pauses), 300_000);
});

test('late becomes an alarm, expired says that a new token is needed and stops trying', async () => {
  const h = harness({ fails: () => true });
  h.schedule.start();
  await h.run(17 * hour);
  assert.ok(h.lines.every((line) => line.level === 'warn'));
  await h.run(8 * hour);
  assert.ok(h.lines.some((line) => line.level === 'error' && line.msg.includes('overdue')));
  const last = h.lines.at(-1);
  assert.equal(last?.err?.code, 'certificate.expired');
  assert.match(last?.err?.remedy ?? '', /new token/);
  assert.equal(h.pending(), 0);
});

test('a new identity after expiry sets it going again', async () => {
  const h = harness({ fails: (at) => at < 25 * hour });
  h.schedule.start();
  await h.run(26 * hour);
  assert.equal(h.pending(), 0);
  h.setValidity({ notBefore: 26 * hour, notAfter: 50 * hour });
  h.schedule.identityChanged();
  await h.run(13 * hour);
  assert.deepEqual(h.renewedAt, [38 * hour]);
});

test('close stops it', async () => {
  const h = harness();
  h.schedule.start();
  h.schedule.close();
  await h.run(48 * hour);
  assert.deepEqual(h.triedAt, []);
});

test('delays: jitter spreads a fleet, past half life is now, the last moments are used', () => {
  const day = { notBefore: 0, notAfter: 1000 };
  assert.deepEqual([renewalDelay(day, 0, 0), renewalDelay(day, 0, 0.5)], [450, 500]);
  assert.equal(renewalDelay(day, 900, 0.5), 0);
  assert.equal(retryDelay(30, 20_000, 0.5), 2000);
  assert.equal(retryDelay(1, 1, 0.5), 1000);
});
