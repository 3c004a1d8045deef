import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nearestName } from './nearest.ts';

describe('nearest name', () => {
  const known = ['services', 'routers', 'middlewares', 'serversTransports', 'url'];
  for (const [written, expected] of [
    ['servces', 'services'],
    ['SERVICES', 'services'],
    ['rotuers', 'routers'],
    ['urll', 'url'],
    ['zzz', undefined],
    ['', undefined],
    ['x'.repeat(10_000), undefined],
  ] as const) {
    it(`of ${JSON.stringify(written.slice(0, 20))} is ${expected}`, () => {
      assert.equal(nearestName(written, known), expected);
    });
  }
});
