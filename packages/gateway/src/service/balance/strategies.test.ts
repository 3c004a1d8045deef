import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { balancerBench } from '../../testing/balancers.ts';
import { newPick, pickedPort, requestHead } from '../../testing/picks.ts';
import type { Endpoint } from '../endpoint.ts';
import { HighestRandomWeight as HighestRandomWeightService } from '../highest-random-weight.ts';
import { HighestRandomWeight } from './highest-random-weight.ts';
import { LeastTime } from './least-time.ts';
import { TwoChoices } from './two-choices.ts';

const client = (i: number) => newPick(requestHead({}, { clientAddress: `10.1.${i >> 8}.${i & 255}` }));

test('hrw: the same client stays, and only what a lost endpoint had moves and comes back', () => {
  const { balancer } = balancerBench();
  const service = balancer('s', [8001, 8002, 8003, 8004], { strategy: 'hrw' });
  const before = Array.from({ length: 2000 }, (_, i) => pickedPort(service, client(i)));
  const lost = service.endpoints[1] as Endpoint;
  lost.setUp(false);
  const after = before.map((_, i) => pickedPort(service, client(i)));
  for (const [i, port] of before.entries()) {
    if (port === 8002) assert.notEqual(after[i], 8002);
    else assert.equal(after[i], port);
  }
  // What moved is spread over all that are left.
  assert.deepEqual(new Set(after.filter((_, i) => before[i] === 8002)), new Set([8001, 8003, 8004]));
  lost.setUp(true);
  assert.deepEqual(
    before,
    before.map((_, i) => pickedPort(service, client(i))),
  );
});

test('hrw: for any names and weights, losing one choice moves its keys only', () => {
  const choice = fc.tuple(fc.string({ maxLength: 8 }), fc.integer({ min: 1, max: 1_000_000 }));
  const choices = fc.uniqueArray(choice, { minLength: 2, maxLength: 8, selector: ([name]) => name });
  fc.assert(
    fc.property(
      choices,
      fc.nat(),
      fc.array(fc.ipV4(), { minLength: 1, maxLength: 50 }),
      (all, nth, clients) => {
        const lost = nth % all.length;
        const names = all.map(([name]) => name);
        const weights = all.map(([, weight]) => weight);
        const scores = new HighestRandomWeight(names, weights, { from: 'clientIP' });
        const flags = new Uint8Array(all.length).fill(1);
        for (const clientAddress of clients) {
          const head = requestHead({}, { clientAddress });
          flags[lost] = 1;
          const before = scores.next(flags, head);
          flags[lost] = 0;
          const after = scores.next(flags, head);
          assert.ok(before >= 0 && after >= 0 && after !== lost);
          if (before !== lost) assert.equal(after, before);
        }
      },
    ),
  );
});

test('hrw: a service whose pick fails gives its clients to their next best', () => {
  const { balancer } = balancerBench();
  const services = [balancer('a', [8001]), balancer('b', [8002])];
  const legs = services.map(({ name: [key] }, i) => ({ key, service: i, weight: 1 }));
  const service = new HighestRandomWeightService(
    { kind: 'highestRandomWeight', name: ['h', 'file'], hashOn: { from: 'clientIP' }, legs },
    services,
  );
  let changes = 0;
  service.onAvailability(() => changes++);
  const first = pickedPort(service, client(1));
  const tried = services[first === 8001 ? 0 : 1]?.endpoints[0] as Endpoint;
  assert.notEqual(pickedPort(service, newPick(client(1).request, [tried])), first);
  for (const { endpoints } of services) endpoints[0]?.setUp(false);
  assert.deepEqual([service.available, changes], [false, 1]);
  assert.equal(service.pick(client(1)), undefined);
});

test('p2c: two different ones are compared, and the less busy one is picked', () => {
  const endpoints = [{ inFlight: 5 }, { inFlight: 3 }, { inFlight: 9 }, { inFlight: 0 }];
  const numbers: number[] = [];
  const strategy = new TwoChoices(endpoints, () => numbers.shift() as number);
  const all = Uint8Array.of(1, 1, 1, 1);
  const next = (flags: Uint8Array, ...random: number[]) => {
    numbers.push(...random);
    return strategy.next(flags);
  };
  assert.equal(next(all, 0, 0), 1, 'first and second');
  assert.equal(next(all, 0.3, 0), 1, 'second and first');
  assert.equal(next(all, 0.3, 0.34), 1, 'second and third');
  assert.equal(next(all, 0.99, 0.99), 3, 'fourth and third');
  assert.equal(next(Uint8Array.of(1, 0, 1, 0), 0.5, 0.99), 0, 'of two both');
  assert.deepEqual(numbers, []);
  assert.equal(next(Uint8Array.of(0, 0, 1, 0)), 2);
  assert.equal(next(Uint8Array.of(0, 0, 0, 0)), -1);
  const every = new Set<number>();
  const even = new TwoChoices(
    [0, 0, 0, 0].map(() => ({ inFlight: 0 })),
    Math.random,
  );
  for (let i = 0; i < 1000; i++) every.add(even.next(all));
  assert.equal(every.size, 4);
});

test('p2c: a busy endpoint gets nothing beside idle ones', () => {
  const service = balancerBench().balancer('s', [8001, 8002, 8003], { strategy: 'p2c' });
  (service.endpoints[0] as Endpoint).inFlight = 100;
  const ports = new Set(Array.from({ length: 1000 }, () => pickedPort(service)));
  assert.deepEqual(ports, new Set([8002, 8003]));
});

test('leasttime: average × (1 + under way) / weight, unmeasured ones first', () => {
  const endpoints = [
    { averageMs: 100, inFlight: 0 },
    { averageMs: 30, inFlight: 2 },
    { averageMs: 50, inFlight: 1 },
  ];
  const strategy = new LeastTime(endpoints, [1, 1, 1], undefined);
  const all = Uint8Array.of(1, 1, 1);
  assert.equal(strategy.next(all), 1);
  (endpoints[1] as { inFlight: number }).inFlight = 3;
  // 100 and 100: turns.
  assert.deepEqual(new Set([strategy.next(all), strategy.next(all)]), new Set([0, 2]));
  assert.equal(new LeastTime(endpoints, [2, 1, 1], undefined).next(all), 0);
  (endpoints[2] as { averageMs: number }).averageMs = 0;
  assert.equal(strategy.next(all), 2);
  assert.equal(strategy.next(Uint8Array.of(0, 0, 0)), -1);
  assert.equal(strategy.next(Uint8Array.of(0, 1, 0)), 1);
});

test('leasttime: by what endpoints have measured', () => {
  const service = balancerBench().balancer('s', [8001, 8002], { strategy: 'leasttime' });
  assert.equal(service.timed, true);
  service.endpoints[0]?.timeToFirstByte(80);
  assert.equal(pickedPort(service), 8002, 'never measured');
  service.endpoints[1]?.timeToFirstByte(20);
  assert.equal(pickedPort(service), 8002);
  (service.endpoints[1] as Endpoint).inFlight = 4;
  assert.equal(pickedPort(service), 8001);
});

for (const strategy of ['wrr', 'p2c', 'hrw', 'leasttime'] as const) {
  test(`${strategy}: an endpoint that comes back takes a growing share, and what was tried is passed over`, () => {
    const { balancer, clock } = balancerBench();
    const passiveHealthCheck = {
      failureWindowMs: 1000,
      maxFailedAttempts: 1,
      readmissionMs: 10_000,
      maxEjectedPercent: 50,
    };
    const service = balancer('s', [8001, 8002], { strategy, passiveHealthCheck });
    const share = () => {
      let count = 0;
      for (let i = 0; i < 1000; i++) if (pickedPort(service, client(i)) === 8001) count++;
      return count;
    };
    service.endpoints[0]?.answered(500);
    assert.equal(share(), 0, 'ejected');
    clock.advance(1250);
    const first = share();
    assert.ok(first > 20 && first < 80, `${first}: a tenth of a half`);
    clock.advance(11_000);
    assert.ok(share() > 400, 'all of its share');
    const tried = [service.endpoints[0] as Endpoint];
    for (let i = 0; i < 100; i++) assert.equal(pickedPort(service, newPick(client(i).request, tried)), 8002);
  });
}

test('an endpoint on its way back that is alone takes everything', () => {
  const { balancer, clock } = balancerBench();
  const passiveHealthCheck = {
    failureWindowMs: 1000,
    maxFailedAttempts: 1,
    readmissionMs: 10_000,
    maxEjectedPercent: 100,
  };
  const service = balancer('s', [8001], { passiveHealthCheck });
  service.endpoints[0]?.answered(500);
  clock.advance(1250);
  for (let i = 0; i < 20; i++) assert.equal(pickedPort(service), 8001);
});

test('the turns of wrr and leasttime go on through a reload', () => {
  for (const strategy of ['wrr', 'leasttime'] as const) {
    const service = balancerBench().balancer('s', [8001, 8002, 8003], { strategy });
    const order = Array.from({ length: 3 }, () => pickedPort(service));
    assert.equal(pickedPort(service), order[0]);
    service.setEndpoints(service.endpoints, service.model.endpoints);
    assert.equal(pickedPort(service), order[1]);
  }
});
