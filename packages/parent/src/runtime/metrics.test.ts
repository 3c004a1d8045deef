import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Stats } from '@ficus/gateway/runtime/data-plane.ts';
import { aggregate } from '../aggregation/aggregate.ts';
import { advertisement } from '../testing/fake-child.ts';
import { copies } from '../testing/mirror-stats.ts';
import { metricsText } from './metrics.ts';
import { uplinkStatus } from './uplink-status.ts';

const stats: Stats = {
  connections: { open: 3, accepted: 10, refused: 1 },
  requests: { total: 9, inFlight: 2 },
  entryPoints: [{ name: 'web', codes: { 200: 8, 502: 1 } }],
  services: [{ name: ['orders', 'multicluster'], requests: 9, failures: 1, retries: 1 }],
  legs: [{ service: ['orders', 'multicluster'], key: 'vm-1', requests: 9, failures: 1 }],
  endpoints: [],
  mirrors: [copies, { ...copies, mirror: 'other', sent: 7 }],
  circuits: [{ name: 'router shop@file: cb@file', state: 'tripped', trips: 3 }],
  refusals: { 'route."none': 4 },
  workers: [{ pid: 7, restarts: 2, rssBytes: 1000 }],
};
const uplinks = aggregate(
  [
    {
      name: 'vm-1',
      peerUri: 'spiffe://test.internal/child/vm-1',
      addresses: ['127.0.0.1'],
      port: 9443,
      advertisement: advertisement({ orders: 5 }, { draining: true }),
    },
  ],
  () => [{ child: 'vm-1', weight: 90 }],
);
const down = { healthOf: () => ({ health: 'down', reason: 'refused' }) as const };

test('a leg shows what it served, its health and why', () => {
  assert.deepEqual(uplinkStatus(uplinks, stats, down), [
    {
      name: 'orders',
      legs: [
        {
          child: 'vm-1',
          weight: 90,
          weightFrom: 'operator',
          mode: 'draining',
          health: 'down',
          reason: 'refused',
          endpoints: { healthy: 1, total: 1 },
          requests: 9,
          failures: 1,
        },
      ],
    },
  ]);
});

test("a leg that waits for the operator's weight says so", () => {
  const view = (name: string, weight: number) => ({
    name,
    peerUri: `spiffe://test.internal/child/${name}`,
    addresses: ['127.0.0.1'],
    port: 9443,
    advertisement: advertisement({ orders: weight }, { child: name }),
  });
  const both = aggregate([view('vm-1', 5), view('cluster-2', 1000)], () => [{ child: 'vm-1', weight: 90 }]);
  const up = { healthOf: () => ({ health: 'up' }) as const };
  const legs = uplinkStatus(both, stats, up)[0]?.legs.map((leg) => [leg.child, leg.weight, leg.reason]);
  assert.deepEqual(legs, [
    [
      'cluster-2',
      0,
      "it waits for the operator's weight: the other legs have one, so its hint does not count",
    ],
    ['vm-1', 90, undefined],
  ]);
});

test('Prometheus can read every line, and odd label values are escaped', () => {
  const text = metricsText(stats, [], uplinkStatus(uplinks, stats, down), { applied: 4, refused: 1 });
  for (const line of text.trimEnd().split('\n')) {
    assert.match(
      line,
      /^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="([^"\\]|\\.)*"(,\w+="([^"\\]|\\.)*")*\})? [\d.]+)$/,
    );
  }
  assert.match(text, /^traefik_entrypoint_requests_total\{entrypoint="web",code="502"\} 1$/m);
  assert.match(text, /^ficus_leg_requests_total\{uplink="orders",child="vm-1"\} 9$/m);
  assert.match(text, /^ficus_leg_weight\{uplink="orders",child="vm-1"\} 90$/m);
  assert.match(text, /^ficus_leg_up\{uplink="orders",child="vm-1"\} 0$/m);
  assert.match(text, /^ficus_circuit_state\{circuit="router shop@file: cb@file",state="tripped"\} 1$/m);
  assert.match(text, /^ficus_circuit_trips_total\{circuit="router shop@file: cb@file"\} 3$/m);
  assert.match(text, /^ficus_refusals_total\{code="route.\\"none"\} 4$/m);
});

test('mirrors are measured apart from the service that answers, which is told of once', () => {
  const lines = metricsText(stats, [], [], { applied: 1, refused: 0 }).split('\n');
  const about = (name: string) => lines.filter((line) => line.startsWith(name));
  assert.deepEqual(about('ficus_mirror_requests_total'), [
    'ficus_mirror_requests_total{service="both@file",mirror="copy"} 100',
    'ficus_mirror_requests_total{service="both@file",mirror="other"} 7',
  ]);
  assert.deepEqual(about('ficus_mirror_dropped_total').slice(0, 2), [
    'ficus_mirror_dropped_total{service="both@file",mirror="copy",reason="busy"} 3',
    'ficus_mirror_dropped_total{service="both@file",mirror="copy",reason="timeout"} 2',
  ]);
  assert.deepEqual(about('ficus_mirror_responses_total').slice(0, 2), [
    'ficus_mirror_responses_total{service="both@file",mirror="copy",code="200"} 88',
    'ficus_mirror_responses_total{service="both@file",mirror="copy",code="503"} 8',
  ]);
  assert.deepEqual(about('ficus_mirror_requests_in_flight').length, 2);
  assert.deepEqual(about('ficus_mirror_response_bytes_total').length, 2);
  assert.deepEqual(about('ficus_mirror_main_responses_total'), [
    'ficus_mirror_main_responses_total{service="both@file",code="200"} 200',
  ]);
  const times = about('ficus_mirror_main_response_seconds');
  assert.equal(times[0], 'ficus_mirror_main_response_seconds_bucket{service="both@file",le="0.001"} 150');
  assert.equal(times[2], 'ficus_mirror_main_response_seconds_bucket{service="both@file",le="0.005"} 200');
  assert.deepEqual(times.slice(-3), [
    'ficus_mirror_main_response_seconds_bucket{service="both@file",le="+Inf"} 200',
    'ficus_mirror_main_response_seconds_sum{service="both@file"} 0.25',
    'ficus_mirror_main_response_seconds_count{service="both@file"} 200',
  ]);
  assert.ok(
    lines.includes('ficus_mirror_response_seconds_bucket{service="both@file",mirror="copy",le="5"} 95'),
    'one was slower than every bound',
  );
});
