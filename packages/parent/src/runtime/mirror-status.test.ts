import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copies } from '../testing/mirror-stats.ts';
import { mirrorStatus } from './mirror-status.ts';

test('a mirror beside the service that answers: errors, quantiles as bounds, drops', () => {
  assert.deepEqual(mirrorStatus([copies]), [
    {
      service: 'both@file',
      mirror: 'copy',
      copies: 100,
      inFlight: 2,
      dropped: { busy: 3, timeout: 2 },
      bytes: 4096,
      answers: {
        answered: 96,
        codes: { 200: 88, 503: 8 },
        serverErrors: 8 / 96,
        latency: { p50: { atMostMs: 5 }, p95: { atMostMs: 50 }, p99: { moreThanMs: 5000 } },
      },
      main: {
        answered: 200,
        codes: { 200: 200 },
        serverErrors: 0,
        latency: { p50: { atMostMs: 1 }, p95: { atMostMs: 2 }, p99: { atMostMs: 5 } },
      },
    },
  ]);
});

test('nothing answered: no quantiles, and no share of nothing', () => {
  const none = { codes: {}, latencies: new Array<number>(13).fill(0), totalMs: 0, bytes: 0 };
  const [told] = mirrorStatus([{ ...copies, ...none, main: none }]);
  assert.deepEqual(told?.answers, { answered: 0, codes: {}, serverErrors: 0 });
  assert.deepEqual(told?.main, { answered: 0, codes: {}, serverErrors: 0 });
});
