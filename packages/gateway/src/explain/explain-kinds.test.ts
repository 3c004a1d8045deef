import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Explanation, ServiceStep } from '@ficus/common/api/explain.ts';
import { explain } from './explain.ts';
import { testing } from './explain-kinds.fixture.ts';

const way = (path: string, down: Readonly<Record<string, string>> = {}): Explanation =>
  explain(testing(down), { method: 'GET', url: `http://x.example${path}`, headers: [['X', 'b']] });
const brief = ({ services = [] }: ServiceStep) =>
  services.map(({ name, role, share, health }) => [name.split('@')[0], role, share, health]);
const service = (told: Explanation): ServiceStep => {
  assert.ok(told.service);
  return told.service;
};

test('a mirroring service: who answers, and who gets copies', () => {
  assert.deepEqual(brief(service(way('/mirroring'))), [
    ['one', 'answers', 1, 'up'],
    ['two', 'mirror, 10 % of GET', undefined, 'up'],
  ]);
  const told = way('/mirroring', { '10.0.0.3:1': 'refused' });
  assert.equal(told.outcome, 'service', 'a mirror that is down is nobody’s trouble');
});

test('a failover: the first while it can, then the other, then nobody', () => {
  const first = { '10.0.0.1:1': 'refused' };
  assert.deepEqual(brief(service(way('/failover'))), [
    ['one', 'first', 1, 'up'],
    ['two', 'fallback', 0, 'up'],
  ]);
  const over = way('/failover', first);
  assert.equal(over.outcome, 'service');
  assert.deepEqual(brief(service(over)), [
    ['one', 'first', 0, 'down'],
    ['two', 'fallback', 1, 'up'],
  ]);
  assert.equal(way('/failover', { ...first, '10.0.0.3:1': 'refused' }).outcome, 'unavailable');
});

test('highest random weight: shares by weight', () => {
  assert.deepEqual(brief(service(way('/hrw'))), [
    ['one', 'leg', 0.75, 'up'],
    ['two', 'leg', 0.25, 'up'],
  ]);
});

test('strategy, cookies, fences, middlewares and breakers of services are told', () => {
  const one = service(way('/one'));
  assert.deepEqual([one.strategy, one.sticky], ['p2c', 'lb']);
  assert.deepEqual(
    one.endpoints?.map(({ share, reason }) => [share, reason]),
    [
      [1, undefined],
      [0, 'fenced: it keeps its sessions and takes no new ones'],
    ],
  );
  const told = way('/guarded');
  assert.deepEqual(
    [service(told).sticky, service(told).circuitBreakers, service(told).middlewares],
    ['w', [{ expression: 'NetworkErrorRatio() > 0.5' }], ['cb@file', 'add@file']],
  );
  assert.deepEqual(
    told.middlewares.map(({ name, effect }) => [name, effect]),
    [
      ['cb@file', 'passes while its circuit is closed, else 503 answers'],
      ['add@file', 'path /guarded → /new/guarded'],
    ],
  );
});

test('circuits: an open one answers itself, or its fallback does; a leg behind one is down', () => {
  const circuits = new Map<string, 'standby' | 'tripped' | 'recovering'>([
    ['service guarded@file: cb@file', 'tripped'],
    ['router spare@file: spare@file', 'tripped'],
    ['service legs@file: leg one', 'tripped'],
    ['service legs@file: leg two', 'recovering'],
  ]);
  const at = (path: string, view = { ...testing(), circuits }) =>
    explain(view, { method: 'GET', url: `http://x.example${path}` });
  const guarded = at('/guarded');
  assert.deepEqual(
    [guarded.outcome, guarded.status, guarded.code, guarded.detail, service(guarded).health],
    ['unavailable', 503, 'service.circuit-open', 'its circuit is open: 503 answers', 'down'],
  );
  const spare = at('/spare');
  assert.deepEqual(
    [spare.outcome, spare.middlewares[0]?.effect, service(spare).name],
    ['service', 'its circuit is open: two@file answers', 'two@file'],
  );
  const closed = at('/spare', {
    ...testing(),
    circuits: new Map([['router spare@file: spare@file', 'standby']]),
  });
  assert.equal(closed.middlewares[0]?.effect, 'its circuit is closed: passes');
  const legs = service(at('/legs'));
  assert.deepEqual(brief(legs), [
    ['one', 'leg', 0, 'down'],
    ['two', 'leg', 1, 'up'],
  ]);
  assert.deepEqual(legs.services?.[1]?.circuitBreakers?.[0]?.state, 'recovering');
});

test('a middleware that answers: a redirect, and one that keeps a client out', () => {
  const redirect = way('/redirect');
  assert.deepEqual(
    [redirect.outcome, redirect.status, redirect.detail, redirect.service],
    ['middleware', 301, 'redirects to https://x.example/redirect', undefined],
  );
  const refused = way('/inside');
  assert.deepEqual([refused.outcome, refused.status, refused.middlewares.length], ['middleware', 403, 1]);
  const inside = explain(testing(), { method: 'GET', url: 'http://x.example/inside', from: '10.1.2.3' });
  assert.deepEqual(
    inside.middlewares.map(({ kind, effect }) => [kind, effect]),
    [
      ['ipAllowList', 'changes nothing of the request'],
      ['rateLimit', 'passes while the rate is kept, else 429'],
      ['stripPrefix', 'path /inside → /; sets X-Forwarded-Prefix'],
    ],
  );
});

test('an ejected endpoint is the last resort, and a draining leg keeps its sessions for a while', () => {
  const ejected = { ...testing(), stateOf: () => ({ health: 'ejected', reason: 'failed' }) as const };
  const told = explain(ejected, { method: 'GET', url: 'http://x.example/hrw' });
  assert.deepEqual([told.outcome, told.service?.health], ['service', 'down']);
  assert.match(told.detail ?? '', /an ejected one is asked/);
  const view = testing();
  const services = view.model.services.map((each) =>
    each.kind === 'weighted' && each.name[0] === 'legs'
      ? {
          ...each,
          legs: each.legs.map((leg, i) =>
            i === 0 ? { ...leg, mode: 'draining', sessionsUntil: 0 } : leg,
          ) as typeof each.legs,
        }
      : each,
  );
  const draining = explain(
    { ...view, model: { ...view.model, services } },
    { method: 'GET', url: 'http://x.example/legs' },
  );
  assert.deepEqual(
    draining.service?.services?.map(({ mode, share, sessionsUntil }) => [mode, share, sessionsUntil]),
    [
      ['draining', 0, '1970-01-01T00:00:00.000Z'],
      ['active', 1, undefined],
    ],
  );
});

test('a router without one of its middlewares serves nothing, and says so itself', () => {
  const told = way('/broken');
  assert.deepEqual([told.outcome, told.status, told.service], ['unavailable', 503, undefined]);
  assert.match(
    told.detail ?? '',
    /^router broken@file is disabled: .*no middleware "strp", did you mean "strip"\?/,
  );
});

test('an entrypoint that redirects', () => {
  const told = explain(testing(), { method: 'GET', url: 'http://x.example/', entryPoint: 'clear' });
  assert.deepEqual(
    [told.routers[0]?.name, told.status, told.detail],
    ['clear-to-websecure@internal', 301, 'redirects to https://x.example/'],
  );
});

test('each of the regular expressions of a rule says what it found', () => {
  for (const [url, found] of [
    ['http://1.example/r/1?q=b', 'the host is `1.example`'],
    ['http://x.example/r/a?q=b', 'the path is `/r/a`'],
    ['http://x.example/r/1?q=c', 'the query is `q=c`'],
    ['http://x.example/r/1?q=b', 'the request has `b`'],
  ] as const) {
    const { passedOver } = explain(testing(), { method: 'GET', url, headers: [['X', 'b']] });
    const regexps = passedOver.nearest.find(({ name }) => name === 'regexps@file');
    assert.equal(regexps?.because[0]?.found, found);
  }
});
