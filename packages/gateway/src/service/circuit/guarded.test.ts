import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CircuitBreakerSettings } from '../../model/middleware/circuit-breaker.ts';
import { balancerBench } from '../../testing/balancers.ts';
import { newPick, pickedPort } from '../../testing/picks.ts';
import type { Endpoint } from '../endpoint.ts';
import { Failover } from '../failover.ts';
import type { Service } from '../service.ts';
import { Leg, Weighted } from '../weighted.ts';
import type { CircuitBreaker } from './breaker.ts';
import { behindBreakers } from './keep.ts';
import { breakerSettings } from './testing.ts';

function bench() {
  const { clock, balancer } = balancerBench();
  const states = new Map<string, unknown>();
  const keeper = {
    clock,
    kept<T>(key: string, make: () => T): T {
      if (!states.has(key)) states.set(key, make());
      return states.get(key) as T;
    },
  };
  const guarded = (service: Service, ...settings: Partial<CircuitBreakerSettings>[]) =>
    behindBreakers(
      keeper,
      service,
      JSON.stringify(['service', ...service.name]),
      settings.map(breakerSettings),
    );
  const breakers = () => [...states.values()] as CircuitBreaker[];
  return { clock, balancer, keeper, guarded, breakers };
}

/** One request that ends with `status`; the port it went to. */
function ask(service: Service, status: number): number | undefined {
  const pick = newPick();
  const picked = service.pick(pick) as Endpoint | undefined;
  for (const guard of pick.guards ?? []) guard.ended(status, 1);
  return picked?.model.port;
}

function weighted(legs: readonly Service[], modes: readonly Leg['mode'][] = []): Weighted {
  const models = legs.map(
    ({ name: [key] }, i) => ({ key, service: i, weight: 1, mode: modes[i] ?? 'active' }) as const,
  );
  return new Weighted(
    { kind: 'weighted', name: ['w', 'file'], legs: models },
    models.map((model, i) => new Leg(model, legs[i] as Service)),
    undefined,
  );
}

test('without breakers a service is itself', () => {
  const { balancer, guarded } = bench();
  const service = balancer('a', [1]);
  assert.equal(guarded(service), service);
});

test('an open breaker makes its service count as down, and time brings it back without requests', () => {
  const { clock, balancer, guarded } = bench();
  const service = guarded(balancer('a', [1]), {});
  const seen: boolean[] = [];
  service.onAvailability(() => seen.push(service.available));
  assert.deepEqual([service.available, service.refusal], [true, 'service.no-endpoint']);
  assert.equal(ask(service, 502), 1);
  assert.deepEqual(
    [service.available, service.refusal, ask(service, 200)],
    [false, 'service.circuit-open', undefined],
  );
  clock.advance(10_000);
  assert.deepEqual(seen, [false, true]);
  assert.equal(ask(service, 200), undefined, 'recovering begins with nothing');
  clock.advance(10_000);
  assert.equal(ask(service, 200), 1);
});

test('the share of a leg whose breaker is open goes to the others, and comes back step by step', () => {
  const { clock, balancer, guarded, breakers } = bench();
  const service = weighted([guarded(balancer('a', [1]), {}), guarded(balancer('b', [2]), {})]);
  const share = () => {
    const ports = Array.from({ length: 100 }, () => ask(service, 200));
    assert.ok(!ports.includes(undefined));
    return ports.filter((port) => port === 1).length;
  };
  while (ask(service, 200) !== 2);
  clock.advance(200);
  for (let i = 0; i < 20 && breakers()[0]?.state !== 'tripped'; i++) {
    const pick = newPick();
    service.pick(pick);
    for (const guard of pick.guards ?? []) guard.ended(pick.leg?.key === 'a' ? 504 : 200, 1);
    clock.advance(200);
  }
  assert.deepEqual(
    breakers().map(({ state }) => state),
    ['tripped', 'standby'],
  );
  assert.equal(share(), 0);
  clock.advance(15_000);
  const part = share();
  // A quarter of the half that is meant for it.
  assert.ok(part >= 10 && part <= 13, `${part}`);
  clock.advance(10_000);
  assert.equal(share(), 50);
});

test('while all legs are open nothing is picked; standby legs help before', () => {
  const { balancer, guarded } = bench();
  const a = guarded(balancer('a', [1]), {});
  const b = guarded(balancer('b', [2]), {});
  const service = weighted([a, b], ['active', 'standby']);
  assert.equal(ask(service, 502), 1);
  assert.equal(ask(service, 502), 2);
  assert.equal(service.available, false);
  assert.equal(ask(service, 200), undefined);
});

test('an open breaker is a trigger of failover', () => {
  const { clock, balancer, guarded } = bench();
  const main = guarded(balancer('a', [1]), { fallbackMs: 5_000 });
  const model = { kind: 'failover', name: ['f', 'file'], service: 0, fallback: 1 } as const;
  const service = new Failover(model, main, balancer('b', [2]));
  assert.equal(ask(service, 504), 1);
  assert.equal(ask(service, 200), 2);
  clock.advance(15_000);
  assert.equal(ask(service, 200), 1);
});

test('one attempt is counted once, however often it is asked for', () => {
  const { clock, balancer, guarded, breakers } = bench();
  const service = guarded(balancer('a', [1]), {});
  ask(service, 502);
  clock.advance(15_000);
  assert.equal(breakers()[0]?.state, 'recovering');
  let through = 0;
  for (let i = 0; i < 100; i++) {
    const pick = newPick();
    const first = service.pick(pick);
    if (first !== undefined) through++;
    else for (let again = 0; again < 5; again++) assert.equal(service.pick(pick), undefined);
  }
  assert.equal(through, 24, 'a quarter');
});

test('who is down behind the breaker is down; one breaker serves several generations', () => {
  const { balancer, guarded, breakers } = bench();
  const inner = balancer('a', [1]);
  const before = guarded(inner, {});
  const after = guarded(inner, {});
  assert.equal(breakers().length, 1);
  assert.equal(breakers()[0]?.name, 'service a@file');
  inner.endpoints[0]?.setUp(false);
  assert.deepEqual([before.available, after.available], [false, false]);
  inner.endpoints[0]?.setUp(true);
  ask(before, 502);
  assert.deepEqual([before.available, after.available], [false, false]);
  assert.equal(guarded(inner, {}).available, false, 'a reload closes nothing');
  assert.equal(guarded(inner, { recoveryMs: 1 }).available, true, 'other settings, another breaker');
});

test('the breaker of a middleware is watched, but neither asked nor told', () => {
  const { balancer, keeper, breakers } = bench();
  const model = { ...breakerSettings(), kind: 'circuitBreaker', name: ['cb', 'file'] } as const;
  const service = behindBreakers(keeper, balancer('a', [1]), '["service","a","file"]', [model]);
  assert.equal(ask(service, 502), 1);
  const [breaker] = breakers();
  assert.deepEqual([breaker?.name, breaker?.state], ['service a@file: cb@file', 'standby']);
  breaker?.record(502, 1);
  assert.equal(service.available, false);
  assert.equal(pickedPort(service), 1, 'its middleware answers');
});
