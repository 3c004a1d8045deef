import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BenchError } from './bench-error.ts';
import { parseWrk } from './wrk.ts';

const OUTPUT = `Running 1s test @ http://127.0.0.1:18999/
  1 threads and 2 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   469.51us    2.29ms  26.85ms   97.01%
    Req/Sec    27.38k     9.82k   45.93k    80.00%
  Latency Distribution
     50%   58.00us
     75%   79.00us
     90%  263.00us
     99%   14.59ms
  27266 requests in 1.50s, 3.47MB read
Requests/sec:  27257.93
Transfer/sec:      3.47MB
`;

test('figures are read, and times brought to milliseconds', () => {
  assert.deepEqual(parseWrk(OUTPUT), {
    requests: 27266,
    seconds: 1.5,
    requestsPerSecond: 27257.93,
    p50Ms: 0.058,
    p99Ms: 14.59,
    errors: 0,
  });
  assert.equal(parseWrk(OUTPUT.replace('14.59ms', '1.20s')).p99Ms, 1200);
});

test('socket errors and refused requests are errors, added up', () => {
  const lines = '  Socket errors: connect 1, read 2, write 3, timeout 4\n  Non-2xx or 3xx responses: 100\n';
  assert.equal(parseWrk(OUTPUT.replace('Requests/sec', `${lines}Requests/sec`)).errors, 110);
});

test('output with a line missing or a unit unknown is refused', () => {
  for (const line of ['requests in', 'Requests/sec', ' 50%', ' 99%']) {
    assert.throws(() => parseWrk(OUTPUT.replace(line, '')), BenchError, line);
  }
  assert.throws(() => parseWrk(OUTPUT.replace('58.00us', '58.00parsec')), /58\.00parsec/);
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.throws(() => parseWrk(text), BenchError);
    }),
  );
});
