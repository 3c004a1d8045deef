import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoadBalancerModel } from '../../model/model.ts';
import { balancerBench, type Server } from '../../testing/balancers.ts';
import { newPick, pickedPort, requestHead } from '../../testing/picks.ts';
import { HighestRandomWeight as HighestRandomWeightService } from '../highest-random-weight.ts';
import type { Service } from '../service.ts';
import { Leg, Weighted } from '../weighted.ts';
import { hash01 } from './hash.ts';

const picks = 100_000;

/** Addresses of that many clients, all over and side by side alike. */
const address = (i: number) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
const client = (i: number) => newPick(requestHead({}, { clientAddress: address(i) }));

function counted(service: Service): Map<number | undefined, number> {
  const counts = new Map<number | undefined, number>();
  for (let i = 0; i < picks; i++) {
    const port = pickedPort(service, client(i));
    counts.set(port, (counts.get(port) ?? 0) + 1);
  }
  return counts;
}

/** Shares in picks, each within `tolerance` picks. */
function assertShares(service: Service, shares: Readonly<Record<number, number>>, tolerance: number): void {
  const counts = counted(service);
  assert.deepEqual(
    [...counts.keys()].sort((a, b) => (a as number) - (b as number)),
    Object.keys(shares).map(Number),
  );
  for (const [port, share] of Object.entries(shares)) {
    const count = counts.get(Number(port)) as number;
    assert.ok(Math.abs(count - share) <= tolerance, `${port}: ${count} picks, want ${share} ± ${tolerance}`);
  }
}

// Four standard deviations of a fair draw of 100,000 are at most 633.
const chance = 633;
const cases: readonly (readonly [
  strategy: NonNullable<LoadBalancerModel['strategy']>,
  servers: readonly Server[],
  shares: Readonly<Record<number, number>>,
  tolerance: number,
])[] = [
  ['wrr', [8001, 8002, 8003, 8004], { 8001: 25_000, 8002: 25_000, 8003: 25_000, 8004: 25_000 }, 1],
  [
    'wrr',
    [
      [8001, { weight: 3 }],
      [8002, { weight: 1 }],
    ],
    { 8001: 75_000, 8002: 25_000 },
    1,
  ],
  [
    'wrr',
    [
      [8001, { weight: 997 }],
      [8002, { weight: 2 }],
      [8003, { weight: 1 }],
    ],
    { 8001: 99_700, 8002: 200, 8003: 100 },
    1,
  ],
  ['wrr', [8001, [8002, { weight: 0 }], [8003, { fenced: true }]], { 8001: 100_000 }, 0],
  ['p2c', [8001, 8002], { 8001: 50_000, 8002: 50_000 }, chance],
  ['p2c', [8001, 8002, 8003, 8004], { 8001: 25_000, 8002: 25_000, 8003: 25_000, 8004: 25_000 }, chance],
  [
    'p2c',
    [
      [8001, { weight: 9 }],
      [8002, { weight: 1 }],
      [8003, { weight: 0 }],
    ],
    { 8001: 50_000, 8002: 50_000 },
    chance,
  ],
  ['hrw', [8001, 8002], { 8001: 50_000, 8002: 50_000 }, chance],
  [
    'hrw',
    [8001, 8002, 8003, 8004, 8005],
    { 8001: 20_000, 8002: 20_000, 8003: 20_000, 8004: 20_000, 8005: 20_000 },
    chance,
  ],
  [
    'hrw',
    [
      [8001, { weight: 3 }],
      [8002, { weight: 1 }],
    ],
    { 8001: 75_000, 8002: 25_000 },
    chance,
  ],
  [
    'hrw',
    [
      [8001, { weight: 1 }],
      [8002, { weight: 2 }],
      [8003, { weight: 7 }],
    ],
    { 8001: 10_000, 8002: 20_000, 8003: 70_000 },
    chance,
  ],
  ['hrw', [8001, [8002, { weight: 0 }], [8003, { fenced: true }]], { 8001: 100_000 }, 0],
  // Nothing was measured: all are equal, and turns decide.
  ['leasttime', [8001, 8002, 8003], { 8001: 33_333, 8002: 33_333, 8003: 33_333 }, 1],
  [
    'leasttime',
    [
      [8001, { weight: 4 }],
      [8002, { weight: 1 }],
    ],
    { 8001: 80_000, 8002: 20_000 },
    1,
  ],
];
for (const [strategy, servers, shares, tolerance] of cases) {
  test(`${strategy} over ${JSON.stringify(servers)}: 100,000 picks`, () => {
    assertShares(balancerBench().balancer('s', servers, { strategy }), shares, tolerance);
  });
}

for (const [weights, shares] of [
  [[1, 1], { 8001: 50_000, 8002: 50_000 }],
  [[9, 1], { 8001: 90_000, 8002: 10_000 }],
  [[1, 2, 5], { 8001: 12_500, 8002: 25_000, 8003: 62_500 }],
  [[1, 0], { 8001: 100_000 }],
] as const) {
  test(`weighted and highestRandomWeight over ${weights}: 100,000 picks`, () => {
    const { balancer } = balancerBench();
    const services = weights.map((_, i) => balancer(`s${i}`, [8001 + i]));
    // Names of one letter: what hashes badly shows.
    const legs = weights.map((weight, i) => ({
      key: 'abc'[i] as string,
      service: i,
      weight,
      mode: 'active' as const,
    }));
    const weighted = new Weighted(
      { kind: 'weighted', name: ['w', 'file'], legs },
      legs.map((leg, i) => new Leg(leg, services[i] as Service)),
      undefined,
    );
    assertShares(weighted, shares, 1);
    const model = {
      kind: 'highestRandomWeight',
      name: ['h', 'file'],
      hashOn: { from: 'clientIP' },
      legs,
    } as const;
    assertShares(new HighestRandomWeightService(model, services), shares, chance);
  });
}

test('hash01 is even in every hundredth, for keys and names that differ in one character', () => {
  for (const [key, name] of [
    [(i: number) => `${i}`, () => 'a'],
    [() => 'k', (i: number) => `${i}`],
    [address, () => 'http://127.0.0.1:8001'],
  ] as const) {
    const counts = new Uint32Array(100);
    for (let i = 0; i < picks; i++) {
      const at = Math.floor(hash01(key(i), name(i)) * 100);
      counts[at] = (counts[at] as number) + 1;
    }
    // Mean 1000, standard deviation 31.5.
    for (const count of counts) assert.ok(count > 842 && count < 1158, `${count}`);
  }
  assert.equal(hash01('é', 'a'), hash01('é', 'a'));
  assert.notEqual(hash01('é', 'a'), hash01('e', 'a'));
});
