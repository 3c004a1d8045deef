/** What holds for every configuration; single cases are in test/golden. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeYaml } from '@ficus/common/config/decode.ts';
import fc from 'fast-check';
import { type DynamicConfig, dynamicSchema } from '../config/dynamic.ts';
import type { RouterModel, ServiceModel } from './model.ts';
import { resolve } from './resolve.ts';

const names = ['a', 'b', 'c', 'toString', 'a@file', 'b@other', 'x@multicluster', 'nowhere'];
const name = fc.constantFrom(...names);
const ownName = fc.constantFrom('a', 'b', 'c', 'toString');
const service = fc.oneof(
  fc.record({ loadBalancer: fc.constant({ servers: [{ url: 'http://127.0.0.1:1' }] }) }),
  fc.record({ loadBalancer: fc.record({ serversTransport: name }) }),
  fc.record({
    weighted: fc.record({
      services: fc.array(fc.record({ name, weight: fc.nat(9) }), { minLength: 1, maxLength: 4 }),
    }),
  }),
);
const router = fc.record(
  {
    rule: fc.constantFrom('Path(`/`)', 'Host(`a`) || Method(`GET`)', 'Hots(`a`)', ''),
    service: name,
    entryPoints: fc.array(fc.constantFrom('web', 'websecure', 'nowhere'), { maxLength: 2 }),
    middlewares: fc.array(name, { maxLength: 2 }),
    priority: fc.integer({ min: -3, max: 3 }),
    tls: fc.constant({}),
  },
  { requiredKeys: ['rule', 'service'] },
);
const uplinkRouter = fc.record({
  rule: fc.constant('PathPrefix(`/`)'),
  service: name,
  uplinks: fc.array(name, { minLength: 1, maxLength: 3 }),
});
const childRouter = fc.record(
  {
    rule: fc.constantFrom('Path(`/`)', 'Method(`GET`)', 'Hots(`a`)'),
    service: name,
    middlewares: fc.array(name, { maxLength: 1 }),
    parentRefs: fc.array(name, { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: ['rule', 'parentRefs'] },
);
const rootRouter = fc.record({ rule: fc.constantFrom('Path(`/`)', 'Hots(`a`)') });
const dynamic = fc.record({
  http: fc.record({
    routers: fc.dictionary(ownName, fc.oneof(router, uplinkRouter, childRouter, rootRouter)),
    services: fc.dictionary(ownName, service),
    middlewares: fc.dictionary(ownName, fc.constant({ addPrefix: { prefix: '/a' } })),
    uplinks: fc.dictionary(ownName, fc.record({ weight: fc.nat(9) })),
  }),
}) as fc.Arbitrary<DynamicConfig>;

describe('resolving', () => {
  it('always gives a model whose indexes lead somewhere and whose services lead nowhere twice', () => {
    fc.assert(
      fc.property(dynamic, dynamic, (file, other) => {
        const { model, uplinks } = resolve({
          dynamic: [
            { provider: 'file', config: file },
            { provider: 'other', config: other },
          ],
          entryPoints: { web: { address: ':80' }, websecure: { address: ':443' } },
          uplinkEntryPoints: { uplink: { address: ':9443' } },
          uplinkIdentity: {
            header: 'ficus-uplink',
            certificate: { names: [], cert: '', key: '' },
            roots: ['r'],
            peers: [],
          },
        });
        for (const [
          index,
          { middlewares, service, entryPoints, priority, children },
        ] of model.routers.entries()) {
          assert.ok(model.services[service] !== undefined || children !== undefined);
          assert.equal(service < 0, children !== undefined);
          for (const child of children ?? []) assert.deepEqual(model.routers[child]?.entryPoints, []);
          for (const each of middlewares) assert.ok(model.middlewares[each] !== undefined);
          for (const each of entryPoints) assert.ok(model.entryPoints.some((one) => one.name === each));
          assert.ok(index === 0 || model.routers[index - 1]!.priority >= priority);
        }
        for (const each of model.routers) assertEnds(model.routers, each, 16);
        for (const each of model.services) {
          assertAcyclic(model.services, each, []);
          if (each.kind === 'weighted')
            assert.equal(new Set(each.legs.map(({ key }) => key)).size, each.legs.length);
          if (each.kind === 'loadBalancer') assert.ok(model.transports[each.transport] !== undefined);
        }
        for (const uplink of uplinks)
          assert.ok(uplink.routers.every((each) => model.routers[each] !== undefined));
        const tables = model.entryPoints.flatMap(({ uplink }) => uplink?.tables ?? []);
        assert.deepEqual(
          tables.map(([exposed, routers]) => [exposed, routers]),
          uplinks.map((uplink) => [uplink.name, uplink.routers]),
        );
        assert.deepEqual(JSON.parse(JSON.stringify(model)), model, 'plain JSON');
      }),
    );
  });

  it('has a place for every mistake when it knows the file', () => {
    fc.assert(
      fc.property(dynamic, (config) => {
        const text = JSON.stringify(config);
        const decoded = decodeYaml({ text, file: 'f.yaml', schema: dynamicSchema });
        if (!decoded.ok) return;
        const { disabled, problems } = resolve({
          dynamic: [{ provider: 'file', config: decoded.value, at: decoded.at }],
          entryPoints: { web: { address: ':80' } },
        });
        for (const { kind, reason, problem } of disabled) {
          if (kind === 'entryPoint' || followsFrom.test(reason)) continue;
          assert.ok(problem !== undefined && problem.line >= 1, reason);
        }
        assert.ok(problems.length > 0 || disabled.every(({ kind }) => kind === 'entryPoint'));
      }),
    );
  });

  it('says nothing of children whose parent waits for an identity', () => {
    const { disabled, model } = resolve({
      dynamic: [
        {
          provider: 'file',
          config: {
            http: {
              routers: {
                root: { rule: 'PathPrefix(`/`)', uplinks: ['u'] },
                leaf: { rule: 'PathPrefix(`/`)', parentRefs: ['root'], service: 's' },
              },
              services: { s: { loadBalancer: { servers: [] } } },
              uplinks: { u: {} },
            },
          },
        },
      ],
      entryPoints: {},
      uplinkEntryPoints: { uplink: { address: ':9443' } },
    });
    assert.deepEqual(disabled, []);
    assert.deepEqual(
      model.routers.map((one) => one.name[0]),
      ['leaf'],
    );
  });

  it('resolves long chains of routers without end or overflow', () => {
    const chain = (count: number, first: object) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, i) => [
          `r${i}`,
          { rule: 'Path(`/`)', ...(i === 0 ? first : { parentRefs: [`r${i - 1}`] }) },
        ]),
      );
    const resolved = (routers: Record<string, { rule: string }>) =>
      resolve({ dynamic: [{ provider: 'file', config: { http: { routers } } }], entryPoints: {} }).disabled;
    assert.match(resolved(chain(20_000, {}))[0]?.reason ?? '', /it is in layer 17 of routers/);
    const circle = resolved(chain(20_000, { parentRefs: ['r19999'] }));
    assert.match(circle[0]?.reason ?? '', /lead back to itself: r0@file → r19999@file → r19998@file/);
    assert.ok((circle[0]?.reason.length ?? 0) < 1000);
  });

  it('resolves long chains of services without end or overflow', () => {
    const services = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, i) => [
        `s${i}`,
        { weighted: { services: [{ name: `s${i + 1}` }] } },
      ]),
    );
    const { disabled } = resolve({
      dynamic: [{ provider: 'file', config: { http: { services } } }],
      entryPoints: {},
    });
    assert.match(disabled[0]?.reason ?? '', /more than 32 deep/);
  });
});

/** What is told of routers that another's mistake keeps from serving; the mistake itself has its place. */
const followsFrom = /its parents are disabled|none of the routers that name it|lead back to itself/;

function assertEnds(routers: readonly RouterModel[], router: RouterModel, layers: number): void {
  assert.ok(layers > 0, 'a router leads back to itself');
  for (const child of router.children ?? []) assertEnds(routers, routers[child]!, layers - 1);
}

function assertAcyclic(
  services: readonly ServiceModel[],
  service: ServiceModel,
  above: ServiceModel[],
): void {
  assert.ok(!above.includes(service), 'a service leads back to itself');
  if (service.kind !== 'weighted') return;
  for (const leg of service.legs) {
    const next = services[leg.service];
    assert.ok(next !== undefined && next.kind !== 'broken');
    assertAcyclic(services, next, [...above, service]);
  }
}
