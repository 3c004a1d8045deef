/** Ejections by real requests: how long, how many, and the way back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PassiveHealthCheckModel } from '../model/model.ts';
import { Deadlines } from '../net/deadlines.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { endpointModel, loadBalancer, passiveHealthCheck, transport } from '../testing/models.ts';
import { newPick } from '../testing/picks.ts';
import { Endpoint } from './endpoint.ts';
import { LoadBalancer } from './load-balancer.ts';
import { Registry } from './registry.ts';

/** A load balancer of `count` endpoints; the clock starts at a whole tick, so that seconds are seconds. */
function bench(count: number, more: Partial<PassiveHealthCheckModel> = {}) {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock);
  const registry = new Registry(deadlines);
  registry.begin();
  const way = registry.transport(transport());
  const models = Array.from({ length: count }, (_, i) => endpointModel(i + 1));
  const model = loadBalancer('s', models, { passiveHealthCheck: passiveHealthCheck(more) });
  const made = (i: number, over = way) =>
    new Endpoint(model.name, models[i]!, registry.pool(over, models[i]!), () => {});
  const endpoints = models.map((_, i) => made(i));
  const service = new LoadBalancer(model, endpoints, undefined);
  service.attach();
  const changes: boolean[] = [];
  service.onAvailability(() => changes.push(service.available));
  const other = registry.transport(transport({ serverName: 'other' }));
  return { clock, deadlines, endpoints, service, changes, anew: (i: number) => made(i, other) };
}

const states = (endpoints: readonly Endpoint[]) => endpoints.map(({ state }) => state).join(' ');
/** How many of `requests` picks it takes. */
function taken(endpoint: Endpoint, requests: number): number {
  let count = 0;
  for (let i = 0; i < requests; i++) if (endpoint.admits()) count++;
  return count;
}

test('after an ejection the share grows from a tenth to the whole within the time of readmission', () => {
  const { clock, deadlines, endpoints } = bench(2, { readmissionMs: 20_000 });
  const one = endpoints[0]!;
  assert.deepEqual([one.state, one.admits()], ['up', true]);
  one.answered(500);
  assert.deepEqual([one.state, one.available], ['ejected', false]);
  clock.advance(9750);
  assert.equal(one.state, 'ejected');
  clock.advance(250);
  assert.deepEqual([one.state, one.available], ['readmitting', true]);
  assert.ok(Math.abs(taken(one, 100) - 10) <= 1);
  clock.advance(10_000);
  assert.ok(Math.abs(taken(one, 100) - 55) <= 1);
  clock.advance(10_000);
  assert.deepEqual([one.state, taken(one, 100)], ['up', 100]);
  assert.equal(deadlines.size, 0, 'nobody looks at it any more');
});

test('without a time of readmission it is back at once', () => {
  const { clock, endpoints } = bench(2, { readmissionMs: 0 });
  endpoints[0]!.answered(500);
  clock.advance(10_000);
  assert.deepEqual([endpoints[0]!.state, taken(endpoints[0]!, 10)], ['up', 10]);
});

test('one that fails again at once rests twice as long each time, up to eight times', () => {
  const { clock, endpoints } = bench(2);
  const one = endpoints[0]!;
  for (const seconds of [10, 20, 40, 80, 80]) {
    one.answered(500);
    clock.advance(seconds * 1000 - 250);
    assert.equal(one.state, 'ejected', `${seconds} s`);
    clock.advance(250);
    assert.equal(one.state, 'readmitting', `${seconds} s`);
    clock.advance(1000);
  }
  clock.advance(9000);
  assert.equal(one.state, 'up');
  one.answered(500);
  clock.advance(10_000);
  assert.equal(one.state, 'readmitting', 'after a good while the first failure is the first again');
});

test('failures of requests that were on their way when it was ejected count for nothing', () => {
  const { clock, endpoints } = bench(2);
  const one = endpoints[0]!;
  one.answered(500);
  clock.advance(9000);
  one.answered(500);
  one.failed('endpoint.closed', '');
  clock.advance(1000);
  assert.equal(one.state, 'readmitting');
});

test('no more are ejected than may be, and the rest is spared while it fails', () => {
  const { clock, endpoints, service, changes } = bench(4);
  for (const endpoint of endpoints.slice(0, 3)) endpoint.answered(500);
  assert.equal(states(endpoints), 'ejected ejected up up');
  assert.deepEqual(
    endpoints.map(({ spared }) => spared),
    [false, false, true, false],
  );
  assert.equal(service.available, true);
  endpoints[2]!.answered(200);
  assert.equal(endpoints[2]!.spared, false, 'it works');
  endpoints[2]!.answered(500);
  clock.advance(10_000);
  assert.equal(states(endpoints), 'readmitting readmitting up up');
  assert.equal(endpoints[2]!.spared, false, 'forgotten after the window');
  endpoints[2]!.answered(500);
  assert.equal(states(endpoints), 'readmitting readmitting ejected up', 'there is room for it now');
  assert.deepEqual(changes, []);
});

test('when every one fails, the service is not available to those that can go elsewhere, yet serves alone', () => {
  const { clock, endpoints, service, changes } = bench(2);
  endpoints[0]!.answered(500);
  endpoints[1]!.answered(500);
  assert.equal(states(endpoints), 'ejected up');
  assert.deepEqual([service.available, changes], [false, [false]]);
  assert.equal(service.pick(newPick()), endpoints[1]);
  endpoints[1]!.answered(200);
  assert.deepEqual([service.available, changes], [true, [false, true]]);
  endpoints[1]!.answered(500);
  clock.advance(10_000);
  assert.deepEqual(changes, [false, true, false, true]);
});

for (const [count, maxEjectedPercent, ejected] of [
  [1, 50, 1],
  [2, 50, 1],
  [3, 50, 1],
  [10, 50, 5],
  [10, 10, 1],
  [10, 1, 1],
  [3, 100, 3],
] as const) {
  test(`${maxEjectedPercent} % of ${count}: ${ejected}`, () => {
    const { endpoints } = bench(count, { maxEjectedPercent });
    for (const endpoint of endpoints) endpoint.answered(500);
    assert.equal(endpoints.filter(({ state }) => state === 'ejected').length, ejected);
  });
}

test('those that active checks took down do not count as left', () => {
  const { endpoints } = bench(4);
  endpoints[0]!.setUp(false);
  endpoints[1]!.setUp(false);
  endpoints[2]!.answered(500);
  endpoints[3]!.answered(500);
  assert.equal(states(endpoints), 'down down ejected up');
});

test('a proven recovery ends an ejection, gently', () => {
  const { endpoints } = bench(2);
  const one = endpoints[0]!;
  one.answered(500);
  one.setUp(false);
  assert.equal(one.state, 'down');
  one.setUp(true);
  assert.equal(one.state, 'readmitting');
});

test('over another transport: down stays down, and who was ejected comes back by and by', () => {
  const { clock, endpoints, anew } = bench(3);
  endpoints[0]!.setUp(false);
  endpoints[1]!.answered(500);
  const next = endpoints.map((before, i) => {
    const made = anew(i);
    made.succeed(before);
    return made;
  });
  assert.equal(states(next), 'down readmitting up');
  clock.advance(10_000);
  assert.equal(states(next), 'down up up');
});

test('one that waits to be proven takes nothing, and is up with the first verdict', () => {
  const { service, anew } = bench(1);
  const one = anew(0);
  one.beginDown();
  service.setEndpoints([one], [one.model]);
  service.attach();
  assert.deepEqual([service.available, one.state], [false, 'down']);
  one.setUp(true);
  assert.deepEqual([service.available, one.state], [true, 'up']);
});

test('whatever happens: never too many ejected, the service knows, and peace returns', () => {
  const event = fc.record({
    endpoint: fc.nat(5),
    what: fc.constantFrom('good', 'bad', 'bad', 'lost', 'down', 'up'),
    pauseMs: fc.nat(9000),
  });
  const options = fc.record({
    maxFailedAttempts: fc.integer({ min: 1, max: 3 }),
    maxEjectedPercent: fc.integer({ min: 1, max: 100 }),
    readmissionMs: fc.constantFrom(0, 5000, 20_000),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), options, (events, passive) => {
      const { clock, deadlines, endpoints, service } = bench(6, passive);
      for (const { endpoint, what, pauseMs } of events) {
        clock.advance(pauseMs);
        const one = endpoints[endpoint]!;
        const before = endpoints.filter(({ ejected }) => ejected).length;
        if (what === 'good' || what === 'bad') one.answered(what === 'good' ? 200 : 500);
        else if (what === 'lost') one.failed('endpoint.closed', '');
        else one.setUp(what === 'up');
        const up = endpoints.filter((each) => each.up);
        const ejected = endpoints.filter((each) => each.ejected).length;
        // Those that go down meanwhile make the share of the rest larger; none is ejected then.
        const most = Math.max(1, Math.floor((up.length * passive.maxEjectedPercent) / 100));
        assert.ok(ejected <= before || up.filter((each) => each.ejected).length <= most, states(endpoints));
        assert.equal(
          service.available,
          endpoints.some(({ available, spared }) => available && !spared),
        );
        assert.equal(service.pick(newPick()) === undefined, up.length === 0);
      }
      for (const each of endpoints) each.setUp(true);
      clock.advance(200_000);
      assert.equal(states(endpoints), 'up up up up up up');
      assert.deepEqual([service.available, deadlines.size], [true, 0]);
    }),
    { numRuns: 200 },
  );
});
