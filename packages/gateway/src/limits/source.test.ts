/** Whom a request counts as coming from. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SourceCriterionConfig } from '../config/middleware/source-criterion.ts';
import { exchangeOf } from '../middleware/testing.ts';
import { resolveSource, type SourceModel } from '../model/middleware/source-criterion.ts';
import { requestHead } from '../testing/picks.ts';
import { compileSource } from './source.ts';

const byDefault: SourceModel = { by: 'host' };

/** What `criterion` makes of a request from `clientAddress`, with this X-Forwarded-For before the peer's (127.0.0.1). */
function sourceOf(criterion: SourceCriterionConfig | undefined, clientAddress: string, list: string): string {
  const model = resolveSource(criterion, byDefault);
  assert.ok(typeof model === 'object', String(model));
  const forwarded = list === '' ? '127.0.0.1' : `${list}, 127.0.0.1`;
  const head = requestHead(
    { 'X-Forwarded-For': forwarded, 'X-User': 'anna' },
    { clientAddress, host: 'shop.example' },
  );
  return compileSource(model)(exchangeOf(head));
}

const cases: readonly (readonly [
  criterion: SourceCriterionConfig | undefined,
  address: string,
  list: string,
  source: string,
])[] = [
  [undefined, '192.0.2.7', '', 'shop.example'],
  [{}, '192.0.2.7', '', 'shop.example'],
  [{ requestHost: true }, '192.0.2.7', '', 'shop.example'],
  [{ requestHeaderName: 'x-USER' }, '192.0.2.7', '', 'anna'],
  [{ requestHeaderName: 'X-Other' }, '192.0.2.7', '', ''],
  [{ ipStrategy: {} }, '192.0.2.7', '198.51.100.1', '192.0.2.7'],
  [{ ipStrategy: { ipv6Subnet: 64 } }, '192.0.2.7', '', '192.0.2.7'],
  [{ ipStrategy: { ipv6Subnet: 64 } }, '2001:db8:1:2:3:4:5:6', '', '2001:db8:1:2::'],
  [{ ipStrategy: { ipv6Subnet: 48 } }, '2001:db8:1:2:3:4:5:6', '', '2001:db8:1::'],
  [{ ipStrategy: { depth: 1 } }, '192.0.2.7', '203.0.113.1, 198.51.100.1', '198.51.100.1'],
  [{ ipStrategy: { depth: 2 } }, '192.0.2.7', '203.0.113.1, 198.51.100.1', '203.0.113.1'],
  [{ ipStrategy: { depth: 3 } }, '192.0.2.7', '203.0.113.1, 198.51.100.1', ''],
  [{ ipStrategy: { depth: 1, ipv6Subnet: 64 } }, '192.0.2.7', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::'],
  [
    { ipStrategy: { excludedIPs: ['198.51.100.0/24'] } },
    '192.0.2.7',
    '203.0.113.1, 198.51.100.1',
    '203.0.113.1',
  ],
  [{ ipStrategy: { excludedIPs: ['0.0.0.0/0'] } }, '192.0.2.7', '203.0.113.1', ''],
  [
    { ipStrategy: { depth: 1, excludedIPs: ['198.51.100.0/24'] } },
    '192.0.2.7',
    '203.0.113.1, 198.51.100.1',
    '198.51.100.1',
  ],
  // As in Traefik: what is found by exclusion counts whole.
  [
    { ipStrategy: { excludedIPs: ['10.0.0.0/8'], ipv6Subnet: 64 } },
    '192.0.2.7',
    '2001:db8:1:2:3:4:5:6, 10.0.0.1',
    '2001:db8:1:2:3:4:5:6',
  ],
];

describe('a source', () => {
  for (const [criterion, address, list, source] of cases) {
    it(`by ${JSON.stringify(criterion)} of ${address} behind "${list}" is "${source}"`, () => {
      assert.equal(sourceOf(criterion, address, list), source);
    });
  }
});
