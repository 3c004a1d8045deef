import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { systemClock } from '@ficus/common/clock.ts';
import { modelFrom } from '../testing/from-yaml.ts';
import { Engine } from './engine.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

const text = `
http:
  routers:
    r: { rule: "PathPrefix(\`/\`)", service: top, middlewares: [a, limit, few, opens] }
    over: { rule: "PathPrefix(\`/o\`)", middlewares: [a] }
    under: { rule: "PathPrefix(\`/o\`)", parentRefs: [over], service: inside }
  middlewares:
    a: { addPrefix: { prefix: /x } }
    limit: { rateLimit: { average: 10 } }
    few: { inFlightReq: { amount: 10 } }
    opens: { circuitBreaker: { expression: "NetworkErrorRatio() > 0.5", fallbackService: s } }
  services:
    top: { failover: { service: copied, fallback: inside, errors: { status: ["500"] } } }
    copied: { mirroring: { service: split, mirrors: [{ name: s }] } }
    split: { weighted: { services: [{ name: s }], circuitBreaker: { expression: "NetworkErrorRatio() > 0.5" } } }
    inside: { loadBalancer: { servers: [{ url: "http://127.0.0.1:2" }] }, middlewares: [a, opens] }
    s: { loadBalancer: { servers: [{ url: "http://127.0.0.1:1" }] } }
`;

for (const [what, next] of [
  ['a model like the one before', () => modelFrom(text)],
  ['the same objects', ((model) => () => ({ ...model }))(modelFrom(text))],
] as const) {
  test(`generations that serve no more are forgotten: ${what}`, async () => {
    const engine = new Engine({
      clock: systemClock,
      log: () => undefined,
      onEndpointFailure: () => undefined,
    });
    const old: WeakRef<object>[] = [];
    for (let i = 0; i < 5; i++) {
      engine.apply(next());
      old.push(new WeakRef(engine.generation as object));
    }
    await new Promise((resolve) => setImmediate(resolve));
    gc();
    const left = old.filter((each) => each.deref() !== undefined).length;
    engine.close();
    assert.equal(left, 1);
  });
}
