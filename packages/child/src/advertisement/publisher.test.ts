import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Advertisement } from '@ficus/common/uplink/advertisement.ts';
import { AdvertisementPublisher } from './publisher.ts';

function harness() {
  let now = 1000;
  let timer: { at: number; fn: () => void } | undefined;
  const logged: string[] = [];
  const out: { at: number; document: Advertisement }[] = [];
  const publisher = new AdvertisementPublisher({
    child: 'vm-1',
    version: '0.1.0',
    epoch: 'e1',
    log: (level, message) => void logged.push(`${level} ${message}`),
    publish: ({ path, body }) => {
      assert.equal(path, '/.well-known/ficus/v1/advertisement');
      out.push({ at: now, document: JSON.parse(body) });
    },
    clock: {
      now: () => now,
      monotonic: () => now,
      after(ms, fn) {
        const mine = { at: now + ms, fn };
        timer = mine;
        return () => {
          if (timer === mine) timer = undefined;
        };
      },
    },
  });
  function advance(ms: number) {
    now += ms;
    if (timer === undefined || timer.at > now) return;
    const due = timer;
    timer = undefined;
    due.fn();
  }
  return { publisher, out, logged, advance };
}

const uplink = (name: string, healthy = 1) => ({
  name,
  weight: 1,
  protocol: 'http' as const,
  endpoints: { healthy, total: 2 },
});

test('a first change goes out at once; a burst becomes one more, with the last state', () => {
  const { publisher, out, advance } = harness();
  publisher.update([uplink('a', 0)]);
  for (let i = 0; i < 50; i++) publisher.update([uplink('a', i % 2)]);
  assert.equal(out.length, 1);
  advance(100);
  assert.deepEqual(
    out.map(({ at, document }) => [at, document.revision, document.uplinks[0]?.endpoints.healthy]),
    [
      [1000, 1, 0],
      [1100, 2, 1],
    ],
  );
});

test('the same state is not published again', () => {
  const { publisher, out, advance } = harness();
  publisher.update([uplink('a')]);
  advance(500);
  publisher.update([uplink('a')]);
  advance(500);
  assert.equal(out.length, 1);
});

test('an empty offer is published too: a child that offers nothing says so', () => {
  const { publisher, out } = harness();
  publisher.update([]);
  assert.deepEqual(out[0]?.document.uplinks, []);
});

test('draining overtakes what waits, keeps the uplinks, and is said once', () => {
  const { publisher, out, advance } = harness();
  publisher.update([uplink('a')]);
  publisher.update([uplink('b')]);
  publisher.drain();
  publisher.drain();
  advance(1000);
  assert.equal(out.length, 2);
  assert.deepEqual(
    [out[1]?.document.draining, out[1]?.document.revision, out[1]?.document.uplinks[0]?.name],
    [true, 2, 'b'],
  );
});

test('more uplinks than a parent takes: said once, and what was served stays', () => {
  const { publisher, out, logged, advance } = harness();
  publisher.update([uplink('zoo')]);
  const many = Array.from({ length: 1001 }, (_, i) => uplink(`w${i}`));
  for (const more of [[], [uplink('another')]]) {
    advance(100);
    publisher.update([uplink('zoo'), ...many, ...more]);
  }
  advance(100);
  assert.equal(out.at(-1)?.document.uplinks.length, 1000);
  assert.equal(out.at(-1)?.document.uplinks.at(-1)?.name, 'zoo');
  assert.deepEqual(logged, ['error not every uplink is advertised: those that were are']);
});

test('how providers fare goes out with the uplinks, and not before the first of them', () => {
  const { publisher, out, advance } = harness();
  const state = {
    ...{ name: 'cloud', endpoint: 'https://c', services: 1, machines: 1, conditions: [] },
    state: 'ok' as const,
  };
  publisher.updateProviders([state]);
  assert.equal(out.length, 0);
  publisher.update([uplink('a')]);
  assert.deepEqual(out[0]?.document.providers, [state]);
  advance(100);
  publisher.updateProviders([state]);
  assert.equal(out.length, 1, 'nothing new');
});
