import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Clock } from '@ficus/common/clock.ts';
import { createLog } from '@ficus/common/log.ts';
import type { Advertisement } from '@ficus/common/uplink/advertisement.ts';
import type { Model } from '@ficus/gateway/model/model.ts';
import type { Patch } from '@ficus/gateway/runtime/data-plane.ts';
import { AdvertisementPublisher } from './advertisement/publisher.ts';
import type { ChildConfig } from './config/child-config.ts';
import { type HealthVerdict, Serving } from './serving.ts';
import { readLastGood } from './state/last-good.ts';

let directory = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ficus-serving-'));
});
after(() => rm(directory, { recursive: true }));

const log = createLog({ level: 'silent' });
const identity = (n: number) => ({
  certificate: { cert: `cert ${n}`, key: `secret ${n}` },
  roots: ['root'],
  peers: ['spiffe://t/parent/p'],
});

/** One uplink and one checked load balancer with two endpoints for each name. */
function lastGood(...names: string[]) {
  return lastGoodOf('child', ...names);
}

/** The same of another provider. */
function lastGoodOf(provider: string, ...names: string[]) {
  const endpoint = (port: number) => ({ scheme: 'http', host: 'h', port });
  const model = {
    entryPoints: [{ name: 'uplink', uplink: { tables: names.map((name, i) => [name, [i]]) } }],
    routers: names.map((name, service) => ({ name: [name, 'child'], service })),
    middlewares: [],
    services: names.map((name) => ({
      kind: 'loadBalancer',
      name: [name, provider],
      endpoints: [endpoint(1), endpoint(2)],
      healthCheck: {},
    })),
    transports: [],
    certificates: [],
  } as unknown as Model;
  const offers = names.map((name, i) => ({
    name,
    weight: 1,
    protocol: 'http' as const,
    entryPoints: ['uplink'],
    routers: [i],
    services: [[name, provider] as const],
  }));
  return { config: {} as ChildConfig, model, offers };
}

function harness() {
  const events: string[] = [];
  const applied: Model[] = [];
  const patches: Patch[] = [];
  let verdict: (verdict: HealthVerdict) => void = () => {};
  let healthy = 2;
  // Timers are due at once: what matters here is the order.
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    after(ms, fn) {
      const timer = setImmediate(() => {
        events.push(`waited ${ms}`);
        fn();
      });
      return () => clearImmediate(timer);
    },
  };
  const state = { refuse: false, setHealthy: (n: number) => (healthy = n) };
  const publisher = new AdvertisementPublisher({
    child: 'vm-1',
    version: '0',
    epoch: 'e',
    clock,
    log: () => undefined,
    minIntervalMs: 0,
    publish: ({ body }) => {
      const { uplinks, emptied } = JSON.parse(body) as Advertisement;
      const what = emptied ? 'emptied' : 'advertised';
      events.push(`${what} ${uplinks.map(({ name, endpoints }) => `${name}:${endpoints.healthy}`)}`);
    },
  });
  const serving = new Serving(
    {
      dataPlane: {
        apply: async (model) => {
          if (state.refuse) throw new Error('can’t be built');
          applied.push(model);
          events.push('applied');
        },
        patch: async (patch) => void patches.push(patch),
      },
      publisher,
      health: {
        update: () => void events.push('checks updated'),
        onVerdict: (listener) => {
          verdict = listener;
        },
        state: () => ({ healthy, total: 2 }),
        close: () => {},
      },
      finders: new Set(['cloud']),
      stateDirectory: directory,
      clock,
      log,
    },
    identity(1),
  );
  return { serving, events, applied, patches, state, say: (v: HealthVerdict) => verdict(v) };
}

test('a new workload is served before it is advertised, a removed one the other way round', async () => {
  const { serving, events } = harness();
  await serving.apply(lastGood('a', 'b'));
  assert.deepEqual(events.splice(0), ['applied', 'checks updated', 'advertised a:2,b:2']);
  await serving.apply(lastGood('b', 'c'));
  assert.deepEqual(events, [
    'advertised b:2',
    'waited 250',
    'applied',
    'checks updated',
    'advertised b:2,c:2',
  ]);
});

test('nothing left of what was found is said to be so; of what files say it is not', async () => {
  const { serving, events } = harness();
  await serving.apply(lastGoodOf('cloud', 'a'));
  await serving.apply(lastGoodOf('cloud'));
  assert.deepEqual(
    events.filter((event) => /advertised|emptied/.test(event)),
    ['advertised a:2', 'emptied '],
  );
  await serving.apply(lastGood('b'));
  events.length = 0;
  await serving.apply(lastGood());
  assert.deepEqual(
    events.filter((event) => /advertised|emptied/.test(event)),
    ['advertised '],
  );
});

test('a model that can’t be built changes nothing, and the removed workload is advertised again', async () => {
  const { serving, events, state } = harness();
  await serving.apply(lastGood('a', 'b'));
  state.refuse = true;
  events.length = 0;
  await assert.rejects(serving.apply(lastGood('b')), /built/);
  assert.deepEqual(events, ['advertised b:2', 'waited 250', 'advertised a:2,b:2']);
  state.refuse = false;
  await serving.apply(lastGood('a', 'b'));
});

test('the identity is in every model, a new one is patched in and outlives the next model', async () => {
  const { serving, applied, patches } = harness();
  await serving.apply(lastGood('a'));
  assert.equal(applied[0]?.entryPoints[0]?.uplink?.certificate.key, 'secret 1');
  const both = [serving.applyIdentity(identity(2)), serving.apply(lastGood('a'))];
  await Promise.all(both);
  assert.deepEqual(patches, [{ kind: 'uplinkIdentity', entryPoint: 'uplink', ...identity(2) }]);
  assert.equal(applied[1]?.entryPoints[0]?.uplink?.certificate.key, 'secret 2');
});

test('a verdict is patched in and advertised', async () => {
  const { serving, events, patches, state, say } = harness();
  await serving.apply(lastGood('a'));
  events.length = 0;
  state.setHealthy(1);
  const verdict = {
    service: ['a', 'child'],
    endpoint: { host: 'h', port: 1 },
    up: false,
    reason: 'timeout',
  } as const;
  say(verdict);
  assert.deepEqual(patches, [{ kind: 'health', ...verdict }]);
  assert.deepEqual(events, ['advertised a:1']);
});

test('the last good model is on disk, private, without this node’s key', async () => {
  const { serving } = harness();
  await serving.apply(lastGood('a', 'b'));
  const kept = await readLastGood(directory, log);
  assert.deepEqual(kept?.offers, lastGood('a', 'b').offers);
  assert.doesNotMatch(JSON.stringify(kept), /secret/);
  assert.equal((await stat(join(directory, 'last-good.json'))).mode & 0o777, 0o600);
});
