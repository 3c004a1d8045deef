import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDynamic } from '@ficus/gateway/config/dynamic.ts';
import { resolve } from '@ficus/gateway/model/resolve.ts';
import { manyRouters, ROUTERS, SERVICES } from '../scenarios/scale-files.ts';
import { routeOf } from './ficus-routes.ts';
import type { Route } from './gateway.ts';

const entryPoints = { web: { address: '127.0.0.1:8080' } };

function modelOf(text: string) {
  const decoded = decodeDynamic(text, 'dynamic.yaml');
  assert.ok(decoded.ok);
  const dynamic = [{ provider: 'file', config: decoded.value, at: decoded.at }];
  const { model, disabled } = resolve({ entryPoints, dynamic });
  assert.deepEqual(disabled, []);
  return model;
}

const ROUTES: readonly [Route, middlewares: number, service: string][] = [
  [{ kind: 'plain' }, 0, 'loadBalancer'],
  [{ kind: 'chain' }, 6, 'weighted'],
  [{ kind: 'mirrored', mirrorPort: 8082 }, 0, 'mirroring'],
];

for (const [route, middlewares, kind] of ROUTES) {
  test(`${route.kind} is one router with ${middlewares} middlewares and a ${kind} service`, () => {
    const { routers, services } = modelOf(JSON.stringify({ http: routeOf(route, 'http://127.0.0.1:8081') }));
    assert.equal(routers.length, 1);
    assert.equal(routers[0]?.middlewares.length, middlewares);
    assert.equal(services[routers[0]?.service ?? -1]?.kind, kind);
  });
}

test('there are as many routers and services as the scenario says, all in use', () => {
  const { routers, services } = modelOf(
    manyRouters({ service: 'second', firstPort: 8081, secondPort: 8082 }),
  );
  assert.equal(routers.length, ROUTERS);
  assert.equal(services.length, SERVICES);
  const root = routers.find(({ name }) => name[0] === 'root');
  assert.equal(services[root?.service ?? -1]?.name[0], 'second');
});
