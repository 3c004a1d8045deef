import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BenchError } from './bench-error.ts';
import { parseH2load } from './h2load.ts';

const OUTPUT = `Stopped all clients for thread #0

finished in 2.00s, 341528.00 req/s, 39.61MB/s
requests: 683056 total, 683120 started, 683056 done, 683056 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 683056 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 79.23MB (83076830) total, 20.85MB (21857792) headers (space savings 15.79%), 29.96MB (31420576) data
                     min         max         mean         sd        +/- sd
time for request:       32us      5.70ms       250us       116us    97.52%
time for connect:       49us       162us       105us        41us    62.50%
`;

test('figures are read, and times brought to milliseconds', () => {
  assert.deepEqual(parseH2load(OUTPUT), {
    requests: 683056,
    requestsPerSecond: 341528,
    meanMs: 0.25,
    bodyBytes: 31420576,
    errors: 0,
  });
  assert.equal(parseH2load(OUTPUT.replace('250us', '1.50s')).meanMs, 1500);
});

test('failed requests are errors', () => {
  assert.equal(parseH2load(OUTPUT.replace(' 0 failed, 0 errored', ' 7 failed, 3 errored')).errors, 7);
});

test('output with a line missing or a unit unknown is refused', () => {
  for (const line of ['finished in', 'requests:', 'traffic:', 'time for request']) {
    assert.throws(() => parseH2load(OUTPUT.replace(line, '')), BenchError, line);
  }
  assert.throws(() => parseH2load(OUTPUT.replace('250us', '250parsec')), /250parsec/);
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.throws(() => parseH2load(text), BenchError);
    }),
  );
});
