/** What was answered before a connection says goodbye still reaches a client that reads slowly; what never moves is cut. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../testing/eventually.ts';
import { pseudo, statusOf } from '../testing/h2-raw.ts';
import * as wire from '../testing/h2-wire.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { type Stuffed, stuffed } from '../testing/stuffed.ts';

/** Answers a last request, drains, and lets `ms` go by; returns the last stream and what ends with the drain. */
async function goodbye({ client, endpoint, gateway }: Stuffed, clock: ManualClock, ms: number) {
  const last = client.open(pseudo('/last', 'HEAD'));
  await eventually(() => endpoint.requests.length === 2, 'the last request');
  while ((await gateway.plane.stats()).requests.inFlight > 0)
    await new Promise((resolve) => setImmediate(resolve));
  const drained = gateway.plane.drain({ lameDuckMs: 0, graceMs: 120_000 });
  for (let gone = 0; gone < ms; gone += 250) {
    clock.advance(250);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { last, drained };
}

/** Lets time go by until `promise` is kept. */
async function inTime(clock: ManualClock, promise: Promise<unknown>): Promise<void> {
  let kept = false;
  void promise.then(() => {
    kept = true;
  });
  await eventually(() => {
    clock.advance(50);
    return kept;
  }, 'the drain');
}

test('a client that took nothing for ten seconds still gets what was answered before goodbye', async (t) => {
  const clock = new ManualClock();
  await stuffed(t, clock, async (s) => {
    // Nothing but the kernel knows whether the client reads: it takes more in steps of megabytes.
    const { last, drained } = await goodbye(s, clock, 10_000);
    s.client.socket.resume();
    await s.client.untilClosed();
    assert.equal(s.client.error, '');
    assert.ok(s.client.cleanEnd);
    assert.equal(statusOf(s.client.stream(last)), 200);
    assert.ok(s.client.frames.some(({ type }) => type === wire.types.goaway));
    await inTime(clock, drained);
  });
});

test('a client that takes nothing for longer than the stall timeout does not hold the drain', async (t) => {
  const clock = new ManualClock();
  await stuffed(t, clock, async (s) => {
    const { drained } = await goodbye(s, clock, 65_000);
    assert.equal((await s.gateway.plane.stats()).connections.open, 0);
    await inTime(clock, drained);
    s.client.socket.resume();
    await s.client.untilClosed();
  });
});
