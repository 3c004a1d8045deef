import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnswerStatus, MirrorStatus } from '@ficus/common/api/mirrors.ts';
import { runProgram } from '../program.ts';
import { capturedIo } from '../testing/captured-io.ts';
import { fakeAdmin } from '../testing/fake-admin.ts';

const main: AnswerStatus = {
  answered: 1000,
  codes: { 200: 999, 503: 1 },
  serverErrors: 0.001,
  latency: { p50: { atMostMs: 5 }, p95: { atMostMs: 20 }, p99: { atMostMs: 1000 } },
};
const mirror = (name: string, answers: AnswerStatus, dropped: MirrorStatus['dropped']): MirrorStatus => ({
  service: 'orders@file',
  mirror: name,
  copies: 990,
  inFlight: 2,
  dropped,
  bytes: 0,
  answers,
  main,
});
const slow: AnswerStatus = {
  ...main,
  answered: 985,
  serverErrors: 0.125,
  latency: { p50: { atMostMs: 10 }, p95: { atMostMs: 500 }, p99: { moreThanMs: 5000 } },
};
const silent: AnswerStatus = { answered: 0, codes: {}, serverErrors: 0 };
const mirrors = [mirror('cluster-1', slow, { busy: 10, timeout: 3 }), mirror('new\u001b[2J', silent, {})];

async function run(answer: readonly MirrorStatus[], ...more: readonly string[]) {
  await using admin = await fakeAdmin({ 'GET /v1/mirrors': { mirrors: answer } });
  const io = capturedIo();
  const code = await runProgram(['mirrors', '--socket', admin.socket, ...more], io);
  return { code, out: io.written.out };
}

test('each service once, and its mirrors below it', async () => {
  const { code, out } = await run(mirrors);
  assert.equal(code, 0);
  assert.equal(
    out,
    [
      'SERVICE      WHO               COPIES  IN FLIGHT  ANSWERED     5XX      P50       P95    P99  DROPPED',
      'orders@file  answers                                  1000   0.1 %   ≤ 5 ms   ≤ 20 ms  ≤ 1 s',
      '             mirror cluster-1     990          2       985  12.5 %  ≤ 10 ms  ≤ 500 ms  > 5 s  10 busy, 3 timeout',
      '             mirror new?[2J       990          2         0       -        -         -      -  -',
      '',
    ].join('\n'),
  );
});

test('for programs the answer of the API, and a sentence when there is nothing', async () => {
  assert.deepEqual(JSON.parse((await run(mirrors, '--json')).out), { mirrors });
  assert.equal((await run([])).out, 'no service has mirrors\n');
});

test('its help has an example', async () => {
  const io = capturedIo();
  assert.equal(await runProgram(['mirrors', '--help'], io), 0);
  assert.match(io.written.out, /Example:\n {2}ficus mirrors\n/);
});

test('a little is never shown as nothing', async () => {
  const { errorShare } = await import('../output/latency.ts');
  assert.deepEqual([0, 0.00001, 0.0004, 0.0123, 1].map(errorShare), [
    '0 %',
    '< 0.01 %',
    '0.04 %',
    '1.2 %',
    '100 %',
  ]);
});
