import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { LegModel } from '../../model/model.ts';
import { balancerBench, type Server } from '../../testing/balancers.ts';
import { newPick, pickedPort, requestHead } from '../../testing/picks.ts';
import type { Endpoint } from '../endpoint.ts';
import type { Service } from '../service.ts';
import { Leg, Weighted } from '../weighted.ts';
import { stickyValue } from './sticky.ts';

const sticky = { cookie: 'lb', attributes: '; Path=/; HttpOnly' };
const url = (port: number) => `http://127.0.0.1:${port}`;
const cookieFor = (port: number) => `lb=${stickyValue(url(port))}`;

/** One request with these cookies: where it went, and what its answer sets. */
function ask(service: Service, cookies = '', tried?: Endpoint[]) {
  const pick = newPick(requestHead(cookies === '' ? {} : { Cookie: cookies }), tried);
  return { port: pickedPort(service, pick), set: pick.cookies };
}

test('a value is the first 16 hex digits of the SHA-256, as Traefik has it', () => {
  const whole = createHash('sha256').update('http://10.0.0.1:8080').digest('hex');
  assert.equal(stickyValue('http://10.0.0.1:8080'), whole.slice(0, 16));
});

for (const strategy of ['wrr', 'p2c', 'leasttime'] as const) {
  test(`${strategy}: a client comes back to its endpoint, without being told again`, () => {
    const service = balancerBench().balancer('s', [8001, 8002, 8003], { strategy, sticky });
    const first = ask(service);
    assert.deepEqual(first.set, [`${cookieFor(first.port as number)}; Path=/; HttpOnly`]);
    const [cookie = ''] = first.set?.[0]?.split(';') ?? [];
    for (let i = 0; i < 20; i++) {
      ask(service);
      assert.deepEqual(ask(service, `other=1; ${cookie}`), { port: first.port, set: undefined });
    }
  });
}

test('hrw takes no cookies', () => {
  const service = balancerBench().balancer('s', [8001, 8002], { strategy: 'hrw', sticky });
  assert.equal(ask(service).set, undefined);
});

test('new clients are spread as without sessions', () => {
  const service = balancerBench().balancer('s', [[8001, { weight: 3 }], 8002], { sticky });
  const ports = Array.from({ length: 100 }, () => {
    ask(service, cookieFor(8002));
    return ask(service).port;
  });
  assert.equal(ports.filter((port) => port === 8001).length, 75);
});

const others: readonly (readonly [what: string, cookies: string, servers: readonly Server[]])[] = [
  ['is unknown', 'lb=0123456789abcdef', [8001]],
  ['is empty', 'lb=', [8001]],
  ['is of an endpoint that is gone', cookieFor(9999), [8001]],
  ['is of an endpoint without weight', cookieFor(8002), [8001, [8002, { weight: 0 }]]],
];
for (const [what, cookies, servers] of others) {
  test(`a cookie that ${what} gives a new session`, () => {
    const service = balancerBench().balancer('s', servers, { sticky });
    assert.deepEqual(ask(service, cookies), { port: 8001, set: [`${cookieFor(8001)}; Path=/; HttpOnly`] });
  });
}

test('the session of an endpoint that is down or was tried moves, and says so', () => {
  const service = balancerBench().balancer('s', [8001, 8002], { sticky });
  const [one] = service.endpoints as readonly [Endpoint, Endpoint];
  const moved = { port: 8002, set: [`${cookieFor(8002)}; Path=/; HttpOnly`] };
  assert.deepEqual(ask(service, cookieFor(8001), [one]), moved);
  one.setUp(false);
  assert.deepEqual(ask(service, cookieFor(8001)), moved);
  one.setUp(true);
  assert.equal(ask(service, cookieFor(8001)).port, 8001);
});

test('a fenced endpoint keeps its sessions and gets no new ones', () => {
  const service = balancerBench().balancer('s', [8001, [8002, { fenced: true }]], { sticky });
  for (let i = 0; i < 10; i++) assert.equal(ask(service).port, 8001);
  assert.deepEqual(ask(service, cookieFor(8002)), { port: 8002, set: undefined });
  service.endpoints[0]?.setUp(false);
  assert.equal(ask(service).port, undefined, 'not even when it is alone');
  assert.equal(ask(service, cookieFor(8002)).port, 8002);
});

for (const [written, server] of [
  ['http://127.0.0.1:8001', [8001, {}]],
  ['http://127.0.0.1:8001/', [8001, {}]],
  ['http://10.0.0.1', [80, { host: '10.0.0.1' }]],
  ['http://10.0.0.1:80', [80, { host: '10.0.0.1' }]],
  ['https://shop.example', [443, { scheme: 'https', host: 'shop.example' }]],
  ['http://[2001:db8::1]:8080', [8080, { host: '2001:db8::1' }]],
  ['http://127.0.0.1:8001/base', [8001, { path: '/base' }]],
] as const) {
  test(`a cookie that Traefik made of ${written}, digested or plain, is understood`, () => {
    const service = balancerBench().balancer('s', [9001, server], { sticky });
    for (const value of [stickyValue(written), written])
      for (let i = 0; i < 3; i++) assert.equal(ask(service, `lb=${value}`).port, server[0]);
    assert.equal(ask(service, `lb=${written}`).set?.length, 1, 'and replaced where it is plain');
  });
}

type LegOf = readonly [service: Service, more?: Partial<LegModel>];

function weighted(clock: ReturnType<typeof balancerBench>['clock'], ...legs: readonly LegOf[]): Weighted {
  const models = legs.map(([{ name }, more], i) => ({
    key: name[0],
    service: i,
    weight: 1,
    mode: 'active' as const,
    ...more,
  }));
  return new Weighted(
    { kind: 'weighted', name: ['w', 'file'], legs: models, sticky: { cookie: 'w', attributes: '; Path=/' } },
    models.map((model, i) => new Leg(model, legs[i]?.[0] as Service)),
    undefined,
    clock,
  );
}
const legCookie = (name: string) => `w=${stickyValue(name)}`;

test('each level has its own cookie, and keeps its own choice', () => {
  const { balancer, clock } = balancerBench();
  const a = balancer('a', [8001, 8002], { sticky });
  const b = balancer('b', [8003, 8004], { sticky });
  const service = weighted(clock, [a], [b]);
  const first = ask(service);
  const leg = (first.port as number) < 8003 ? 'a' : 'b';
  assert.deepEqual(first.set, [
    `${cookieFor(first.port as number)}; Path=/; HttpOnly`,
    `${legCookie(leg)}; Path=/`,
  ]);
  for (let i = 0; i < 8; i++)
    assert.deepEqual(ask(service, `${legCookie('b')}; ${cookieFor(8004)}`), { port: 8004, set: undefined });
  b.endpoints[1]?.setUp(false);
  assert.deepEqual(ask(service, `${legCookie('b')}; ${cookieFor(8004)}`), {
    port: 8003,
    set: [`${cookieFor(8003)}; Path=/; HttpOnly`],
  });
});

test('the session of a leg that is down moves; one that was tried within it stays in the leg', () => {
  const { balancer, clock } = balancerBench();
  const a = balancer('a', [8001, 8002]);
  const service = weighted(clock, [a], [balancer('b', [8003])]);
  assert.equal(ask(service, legCookie('a'), [a.endpoints[0] as Endpoint]).port, 8002);
  assert.equal(ask(service, legCookie('a'), [...a.endpoints]).port, 8003);
  for (const endpoint of a.endpoints) endpoint.setUp(false);
  assert.deepEqual(ask(service, legCookie('a')), { port: 8003, set: [`${legCookie('b')}; Path=/`] });
});

for (const [what, more, stays] of [
  ['active', {}, true],
  ['active without weight', { weight: 0 }, false],
  ['draining', { mode: 'draining' }, true],
  ['draining without weight', { mode: 'draining', weight: 0 }, true],
  ['standby while another one serves', { mode: 'standby' }, false],
  ['off', { mode: 'off' }, false],
] as const) {
  test(`a session ${stays ? 'stays at' : 'leaves'} a leg that is ${what}`, () => {
    const { balancer, clock } = balancerBench();
    const service = weighted(clock, [balancer('a', [8001]), more], [balancer('b', [8002])]);
    assert.equal(ask(service, legCookie('a')).port, stays ? 8001 : 8002);
  });
}

test('a leg on standby keeps the sessions it has got until an active one is back', () => {
  const { balancer, clock } = balancerBench();
  const b = balancer('b', [8002]);
  const service = weighted(clock, [balancer('a', [8001]), { mode: 'standby' }], [b]);
  b.endpoints[0]?.setUp(false);
  assert.equal(ask(service, legCookie('a')).port, 8001);
  b.endpoints[0]?.setUp(true);
  assert.equal(ask(service, legCookie('a')).port, 8002);
});

test('a draining leg: no new sessions, the old ones until their time', () => {
  const { balancer, clock } = balancerBench();
  const service = weighted(clock, [balancer('a', [8001])], [balancer('b', [8002])]);
  const terms = { key: 'a', weight: 1 } as const;
  service.setLegs([{ ...terms, mode: 'draining', sessionsUntil: clock.now() + 60_000 }]);
  for (let i = 0; i < 10; i++) assert.equal(ask(service).port, 8002);
  clock.advance(59_999);
  assert.deepEqual(ask(service, legCookie('a')), { port: 8001, set: undefined });
  clock.advance(1);
  assert.deepEqual(ask(service, legCookie('a')), { port: 8002, set: [`${legCookie('b')}; Path=/`] });
  service.setLegs([{ ...terms, mode: 'draining' }]);
  clock.advance(10 ** 9);
  assert.equal(ask(service, legCookie('a')).port, 8001, 'without a time for as long as it drains');
  service.setLegs([{ ...terms, mode: 'active' }]);
  assert.equal(new Set([ask(service).port, ask(service).port]).size, 2);
});

test('cookies of legs are understood by every name that only one leg has', () => {
  const { balancer, clock } = balancerBench();
  const service = weighted(
    clock,
    [balancer('a', [8001]), { key: 'vm-1' }],
    [balancer('b', [8002]), { key: 'vm-2' }],
    [balancer('b', [8003]), { key: 'vm-3' }],
  );
  for (let i = 0; i < 3; i++) {
    for (const name of ['vm-1', 'a', 'a@file']) assert.equal(ask(service, legCookie(name)).port, 8001);
    assert.equal(ask(service, 'w=a@file').port, 8001);
  }
  const ambiguous = new Set(Array.from({ length: 6 }, () => ask(service, legCookie('b@file')).port));
  assert.equal(ambiguous.size, 3, 'no session');
});
