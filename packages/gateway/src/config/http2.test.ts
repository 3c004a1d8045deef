/** What the manual says of HTTP/2 limits is what holds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration } from '@ficus/common/config/duration.ts';
import type { Schema } from '@ficus/common/config/schema.ts';
import { defaultHttp2Limits, http2LimitsOf, uplinkHttp2Limits } from '../model/resolve-http2.ts';
import { entryPointSchema, uplinkEntryPointSchema } from './entry-points.ts';

for (const [what, schema, defaults] of [
  ['entrypoints', entryPointSchema, defaultHttp2Limits],
  ['uplink entrypoints', uplinkEntryPointSchema, uplinkHttp2Limits],
] as const) {
  const keys: Readonly<Record<string, Schema>> = schema.properties?.['http2']?.properties ?? {};

  test(`${what}: each limit has a key, and its words name its default`, () => {
    const { stallTimeoutMs, ...numbers } = defaults;
    assert.deepEqual(Object.keys(keys).sort(), [...Object.keys(numbers), 'stallTimeout'].sort());
    for (const [key, value] of Object.entries(numbers)) {
      assert.ok(keys[key]?.description?.endsWith(`Default: ${value}.`), `${key}: ${value}`);
    }
    const [, stall = ''] = /Default: `(\w+)`\.$/.exec(keys['stallTimeout']?.description ?? '') ?? [];
    assert.equal(parseDuration(stall), stallTimeoutMs);
  });

  test(`${what}: defaults are within the bounds of their keys`, () => {
    for (const [key, value] of Object.entries(defaults)) {
      const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = keys[key] ?? {};
      assert.ok(value >= minimum && value <= maximum, key);
    }
  });
}

test('what is written replaces its default alone; 0 streams stand for the default', () => {
  assert.deepEqual(http2LimitsOf({ maxFrameBytes: 32_768, stallTimeout: 0 }, uplinkHttp2Limits), {
    ...uplinkHttp2Limits,
    maxFrameBytes: 32_768,
    stallTimeoutMs: 0,
  });
  assert.deepEqual(http2LimitsOf({ maxConcurrentStreams: 0 }, defaultHttp2Limits), defaultHttp2Limits);
  assert.equal(http2LimitsOf({ maxResetsPerSecond: 0 }, defaultHttp2Limits).maxResetsPerSecond, 0);
});
