import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Model, RouterModel } from '../model/model.ts';
import { endpointModel, loadBalancer, modelOf, prefixRouter } from '../testing/models.ts';
import { appliedDelta, deltasTo, modelDelta } from './model-delta.ts';
import { sameJson } from './same-json.ts';

const crossed = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** A model with a router for each path; the number is its priority. */
function withRouters(paths: readonly (readonly [string, number])[]): Model {
  const routers = paths.map(([path, priority]): RouterModel => ({ ...prefixRouter(path, 0), priority }));
  return { ...modelOf({ ports: [1] }), routers };
}

describe('a model’s delta', () => {
  test('makes the one model of the other, whatever came and went', () => {
    const paths = fc.array(fc.tuple(fc.stringMatching(/^\/[a-e]{0,2}$/), fc.nat(3)), { maxLength: 12 });
    fc.assert(
      fc.property(paths, paths, (from, to) => {
        const before = crossed(withRouters(from));
        const next = withRouters(to);
        assert.deepEqual(appliedDelta(before, crossed(modelDelta(before, next))), crossed(next));
      }),
      { numRuns: 500 },
    );
  });

  test('is made once for workers that have the same model', () => {
    const [one, other] = [withRouters([['/a', 1]]), withRouters([['/b', 1]])];
    const deltaOf = deltasTo(withRouters([['/c', 1]]));
    assert.equal(deltaOf(one), deltaOf(one));
    assert.notEqual(deltaOf(other), deltaOf(one));
    assert.equal(appliedDelta(other, crossed(deltaOf(other))).routers.length, 1);
  });

  test('of one changed router is that router, and all else stays the same object', () => {
    const many = Array.from({ length: 2000 }, (_, i) => [`/p${i}`, 1] as const);
    const services = Array.from({ length: 1000 }, (_, i) => loadBalancer(`s${i}`, [endpointModel(i + 1)]));
    const before = { ...crossed(withRouters(many)), services };
    const next = crossed(before);
    const changed = next.routers.map((router, i) => (i === 7 ? { ...router, priority: 9 } : router));
    const delta = modelDelta(before, { ...next, routers: changed });
    assert.ok(JSON.stringify(delta).length < 5000);
    const applied = appliedDelta(before, crossed(delta));
    assert.equal(applied.routers[7]?.priority, 9);
    assert.equal(applied.routers.filter((router, i) => router === before.routers[i]).length, 1999);
    assert.ok(applied.services.every((service, i) => service === before.services[i]));
  });

  test('sameJson is what JSON says', () => {
    const json = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(json, json, (a, b) => {
        assert.equal(sameJson(a, crossed(a)), true);
        const canonical = (value: unknown) =>
          JSON.stringify(value, (_, each: unknown) =>
            typeof each === 'object' && each !== null && !Array.isArray(each)
              ? Object.fromEntries(Object.entries(each).sort(([x], [y]) => (x < y ? -1 : 1)))
              : each,
          );
        assert.equal(sameJson(crossed(a), crossed(b)), canonical(a) === canonical(b));
      }),
      { numRuns: 2000 },
    );
    assert.equal(sameJson({ a: undefined }, {}), true);
    assert.equal(sameJson({ a: 1 }, { b: 1 }), false);
  });
});
