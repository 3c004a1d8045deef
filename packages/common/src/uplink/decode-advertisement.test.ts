import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Advertisement } from './advertisement.ts';
import { decodeAdvertisement, maxProblems } from './decode-advertisement.ts';

const orders = {
  name: 'orders',
  weight: 10,
  protocol: 'http',
  healthCheck: {
    path: '/health?deep=1',
    method: 'GET',
    status: 0,
    intervalMs: 1000,
    unhealthyIntervalMs: 500,
    timeoutMs: 200,
    hostname: 'orders.internal',
    headers: { 'X-Probe': 'ficus' },
  },
  passiveHealthCheck: { failureWindowMs: 10_000, maxFailedAttempts: 3 },
  endpoints: { healthy: 1, total: 2 },
} as const;
const good: Advertisement = {
  protocols: [1],
  child: 'vm-1',
  version: '0.1.0',
  revision: 7,
  epoch: 'abc',
  draining: false,
  uplinks: [orders],
};
const read = (value: unknown) => decodeAdvertisement(JSON.stringify(value));

test('a good document comes back as it is, from text and from bytes', () => {
  assert.deepEqual(read(good), { accepted: true, advertisement: good, problems: [], refused: 0 });
  assert.deepEqual(decodeAdvertisement(Buffer.from(JSON.stringify(good))), read(good));
});

test('thresholds, the initial state and the time of readmission come back as they are', () => {
  const healthCheck = {
    ...orders.healthCheck,
    healthyThreshold: 2,
    unhealthyThreshold: 100,
    initialState: 'down',
  };
  const passiveHealthCheck = { ...orders.passiveHealthCheck, readmissionMs: 0 };
  const decoded = read({ ...good, uplinks: [{ ...orders, healthCheck, passiveHealthCheck }] });
  assert.ok(decoded.accepted);
  assert.deepEqual(decoded.advertisement.uplinks[0], { ...orders, healthCheck, passiveHealthCheck });
});

test('the mode of a health check comes back as it is', () => {
  for (const mode of ['http', 'grpc'] as const) {
    const uplink = { ...orders, healthCheck: { ...orders.healthCheck, mode } };
    const decoded = read({ ...good, uplinks: [uplink] });
    assert.ok(decoded.accepted);
    assert.deepEqual(decoded.advertisement.uplinks, [uplink]);
  }
});

test('keys this version does not know are ignored, and a missing weight is 1', () => {
  const { weight: _, ...plain } = orders;
  const decoded = read({ ...good, later: 1, uplinks: [{ ...plain, later: true }] });
  assert.ok(decoded.accepted);
  assert.deepEqual(decoded.advertisement, { ...good, uplinks: [{ ...orders, weight: 1 }] });
});

for (const [what, change, code] of [
  ['a name with quotes', { name: 'a"b' }, 'advertisement.name'],
  ['a name with back-ticks', { name: '`) || PathPrefix(`/' }, 'advertisement.name'],
  ['no name', { name: undefined }, 'advertisement.name'],
  ['__proto__ as a name', { name: '__proto__' }, 'advertisement.name'],
  ['weight -1', { weight: -1 }, 'advertisement.weight'],
  ['weight 1e9', { weight: 1e9 }, 'advertisement.weight'],
  ['weight "ten"', { weight: 'ten' }, 'advertisement.weight'],
  ['weight 1.5', { weight: 1.5 }, 'advertisement.weight'],
  ['weight null', { weight: null }, 'advertisement.weight'],
  ['an unknown protocol', { protocol: 'tcp' }, 'advertisement.protocol'],
  ['more healthy than there are', { endpoints: { healthy: 3, total: 2 } }, 'advertisement.field'],
  [
    'a check every millisecond',
    { healthCheck: { ...orders.healthCheck, intervalMs: 1 } },
    'advertisement.health-check',
  ],
  [
    'a check with CONNECT',
    { healthCheck: { ...orders.healthCheck, method: 'CONNECT' } },
    'advertisement.health-check',
  ],
  [
    'a check in an unknown mode',
    { healthCheck: { ...orders.healthCheck, mode: 'tcp' } },
    'advertisement.health-check',
  ],
  [
    'a path that splits the request',
    { healthCheck: { ...orders.healthCheck, path: '/ HTTP/1.1\r\nx: y' } },
    'advertisement.health-check',
  ],
  [
    'a managed header',
    { healthCheck: { ...orders.healthCheck, headers: { 'Ficus-Uplink': 'b' } } },
    'advertisement.health-check',
  ],
  [
    'a header value that splits',
    { healthCheck: { ...orders.healthCheck, headers: { a: 'b\r\nc: d' } } },
    'advertisement.health-check',
  ],
  ...(
    [
      ['a threshold of 0', { healthyThreshold: 0 }],
      ['a threshold of half an answer', { unhealthyThreshold: 1.5 }],
      ['a threshold nobody reaches', { unhealthyThreshold: 101 }],
      ['an initial state that is none', { initialState: 'unknown' }],
    ] as const
  ).map(
    ([what, change]) =>
      [what, { healthCheck: { ...orders.healthCheck, ...change } }, 'advertisement.health-check'] as const,
  ),
  [
    'a readmission before the ejection',
    { passiveHealthCheck: { ...orders.passiveHealthCheck, readmissionMs: -1 } },
    'advertisement.health-check',
  ],
  ['a passive check of nothing', { passiveHealthCheck: {} }, 'advertisement.health-check'],
] as const) {
  test(`${what} refuses that uplink alone`, () => {
    const decoded = read({
      ...good,
      uplinks: [
        { ...orders, ...change },
        { ...orders, name: 'billing' },
      ],
    });
    assert.ok(decoded.accepted);
    assert.deepEqual(
      decoded.advertisement.uplinks.map((uplink) => uplink.name),
      ['billing'],
    );
    assert.equal(decoded.refused, 1);
    assert.equal(decoded.problems[0]?.code, code);
  });
}

test('a name advertised twice counts once', () => {
  const decoded = read({ ...good, uplinks: [orders, { ...orders, weight: 99 }] });
  assert.ok(decoded.accepted);
  assert.equal(decoded.advertisement.uplinks[0]?.weight, 10);
  assert.equal(decoded.problems[0]?.code, 'advertisement.duplicate');
});

for (const [what, document, code] of [
  ['not JSON', 'hello', 'advertisement.malformed'],
  ['a list', '[]', 'advertisement.malformed'],
  ['half a document', JSON.stringify(good).slice(0, -2), 'advertisement.malformed'],
  ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'advertisement.malformed'],
  ['10 MB', `{"x":"${'a'.repeat(10_000_000)}"}`, 'advertisement.too-large'],
  ['a bad child name', JSON.stringify({ ...good, child: '../vm' }), 'advertisement.field'],
  ['draining "yes"', JSON.stringify({ ...good, draining: 'yes' }), 'advertisement.field'],
  ['no uplinks', JSON.stringify({ ...good, uplinks: undefined }), 'advertisement.field'],
  [
    '1001 uplinks',
    JSON.stringify({ ...good, uplinks: Array(1001).fill(0) }),
    'advertisement.too-many-uplinks',
  ],
] as const) {
  test(`${what}: refused whole`, () => {
    const decoded = decodeAdvertisement(document);
    assert.ok(!decoded.accepted);
    assert.equal(decoded.problem.code, code);
  });
}

test('no version in common names both sides', () => {
  const decoded = read({ ...good, protocols: [7, 8] });
  assert.ok(!decoded.accepted);
  assert.equal(decoded.problem.code, 'advertisement.version');
  assert.match(decoded.problem.message, /parent speaks 1, the child speaks 7, 8/);
});

test('a thousand bad uplinks leave a bounded list', () => {
  const decoded = read({ ...good, uplinks: Array(1000).fill({ name: 'x'.repeat(300) }) });
  assert.ok(decoded.accepted);
  assert.equal(decoded.problems.length, maxProblems);
  assert.equal(decoded.refused, 1000);
  assert.ok(decoded.problems.every((problem) => problem.message.length < 300));
});

test('__proto__ keys are harmless', () => {
  const text = JSON.stringify(good).replace('{', '{"__proto__":{"polluted":1},');
  const decoded = decodeAdvertisement(text);
  assert.ok(decoded.accepted);
  assert.equal((decoded.advertisement as unknown as Record<string, unknown>)['polluted'], undefined);
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
});

test('any bytes and any JSON: no throw, and what is accepted reads the same again', () => {
  const value = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json(),
    fc
      .record(
        { weight: fc.anything(), name: fc.anything(), protocol: fc.constantFrom('http', 1) },
        { requiredKeys: [] },
      )
      .map((change) => safeJson({ ...good, uplinks: [{ ...orders, ...change }] })),
    fc.jsonValue().map((uplinks) => safeJson({ ...good, uplinks })),
    fc.tuple(fc.nat(400), fc.string({ maxLength: 4 })).map(([at, text]) => {
      const document = JSON.stringify(good);
      return document.slice(0, at) + text + document.slice(at + text.length);
    }),
  );
  fc.assert(
    fc.property(value, (document) => {
      const decoded = decodeAdvertisement(document);
      if (!decoded.accepted) return;
      const again = read(decoded.advertisement);
      assert.ok(again.accepted);
      assert.deepEqual(again.advertisement, decoded.advertisement);
      for (const uplink of decoded.advertisement.uplinks) {
        assert.ok(Number.isInteger(uplink.weight) && uplink.weight >= 0 && uplink.weight <= 1000);
      }
    }),
    { numRuns: 500 },
  );
});

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? 0 : item));
  } catch {
    return '{}';
  }
}
