import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Schema } from '@ficus/common/config/schema.ts';
import { dynamicSchema } from '../../config/dynamic.ts';
import { entryPointSchema } from '../../config/entry-points.ts';
import { viewOf } from '../testing.ts';
import { apiMiddlewares } from './middlewares.ts';
import { present } from './present.ts';
import { apiRawData } from './summary.ts';

const secret = 'hunter2';

test('middlewares that know secrets show none', () => {
  const hash = '$2y$05$fcaJxr5YNYkcmpJKrWAqduRrjGFXrkPZDp2g6xWLyjSM8mw7dfXHC';
  const middlewares = {
    basic: { basicAuth: { users: [`ann:${hash}`], realm: 'shop' } },
    digest: { digestAuth: { users: ['ann:shop:a2688e031edb4be6a3797f3882655c05'] } },
    limit: {
      rateLimit: {
        average: 5,
        period: '1m',
        redis: { endpoints: ['r:6379'], username: secret, password: secret },
      },
    },
    fields: {
      headers: { customRequestHeaders: { Authorization: secret, 'X-Auth-Token': secret, 'X-Shown': 'yes' } },
    },
  };
  const view = viewOf(JSON.stringify({ http: { middlewares } }));
  const text = JSON.stringify(apiRawData(view));
  for (const hidden of [hash, 'a2688e031edb4be6a3797f3882655c05', secret]) assert.ok(!text.includes(hidden));
  const [basic, , limit, fields] = apiMiddlewares(view);
  assert.deepEqual(basic?.['basicAuth'], { users: ['xxxx'], realm: 'shop' });
  assert.deepEqual(limit?.['rateLimit'], {
    average: 5,
    period: '1m',
    redis: { endpoints: ['r:6379'], username: 'xxxx', password: 'xxxx' },
  });
  assert.deepEqual(fields?.['headers'], {
    customRequestHeaders: { Authorization: 'xxxx', 'X-Auth-Token': 'xxxx', 'X-Shown': 'yes' },
  });
});

/** Keys that speak of secrets but hold none: file names, switches, names of header fields. */
const harmless = new Set([
  'usersFile',
  'publicKey',
  'keyFile',
  'headerField',
  'authResponseHeaders',
  'authRequestHeaders',
]);

test('every key that sounds like a secret is hidden, or known to hold none', () => {
  const seen: string[] = [];
  const walk = (schema: Schema | undefined): void => {
    if (schema === undefined) return;
    for (const [key, below] of Object.entries(schema.properties ?? {})) {
      const suspicious =
        /passw|passphrase|secret|token|credential|private|^users?|^username|(^|[a-z])key$/i.test(key);
      if (suspicious && below.type !== 'boolean' && !harmless.has(key)) {
        seen.push(key);
        const shown = present(
          { properties: { [key]: below } },
          { [key]: below.type === 'array' ? [secret] : secret },
        );
        assert.ok(
          !JSON.stringify(shown).includes(secret),
          `${key} is shown: hide it in present.ts, or call it harmless here`,
        );
      }
      walk(below);
    }
    walk(schema.items);
    if (schema.additionalProperties) walk(schema.additionalProperties);
  };
  walk(dynamicSchema as Schema);
  walk(entryPointSchema as Schema);
  assert.ok(seen.includes('users') && seen.includes('password'), 'there are some');
});
