import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { FicusError } from '@ficus/common/errors.ts';
import { createLog } from '@ficus/common/log.ts';
import { ManualClock } from '@ficus/gateway/testing/manual-clock.ts';
import { joinAtStart } from './join-at-start.ts';

interface Line {
  readonly msg: string;
  readonly level: string;
  readonly againInMs?: number;
  readonly err?: { readonly remedy?: string };
}

async function joining(outcomes: (string | undefined)[]) {
  const folder = await mkdtemp(join(tmpdir(), 'ficus-join-'));
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, 'one');
  const lines: Line[] = [];
  const clock = new ManualClock();
  const ending = new AbortController();
  let attempts = 0;
  const pins: string[] = [];
  const tried: string[] = [];
  const done = joinAtStart({
    task: async () => ({ url: 'https://parent:8443', tokenFile, caPins: [...pins], stateDirectory: folder }),
    configFile: join(folder, 'child.yaml'),
    clock,
    log: createLog({ destination: { write: (line) => void lines.push(JSON.parse(line) as Line) } }),
    signal: ending.signal,
    async join({ caPins }) {
      tried.push(caPins.join());
      const code = outcomes[attempts++];
      if (code !== undefined) throw new FicusError(code, 'no', { remedy: 'do this' });
    },
  });
  const failed = async (count: number) => {
    while (lines.filter(({ msg }) => msg.startsWith('not joined:')).length < count) await turn();
    return lines.at(-1) as Line;
  };
  return {
    ...{ clock, done, failed, lines, ending, folder, tokenFile, pins, tried, attempts: () => attempts },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

test('one line a failure, with the remedy and a growing wait, until it has joined', async () => {
  await using it = await joining(['join.unreachable', 'join.unreachable', 'join.unreachable', undefined]);
  const waits: number[] = [];
  for (const count of [1, 2, 3]) {
    const { againInMs = 0, err } = await it.failed(count);
    assert.equal(err?.remedy, 'do this');
    waits.push(againInMs);
    it.clock.advance(againInMs - 1);
    await turn();
    assert.equal(it.attempts(), count);
    it.clock.advance(1);
  }
  await it.done;
  const [first = 0, , third = 0] = waits;
  assert.ok(first >= 1500 && first <= 2000, `${first}`);
  assert.ok(third > 2 * first, `${waits}`);
  assert.equal(it.lines.at(-1)?.msg, 'joined');
});

test('a refusal waits longer, and a new token is tried at once', async () => {
  await using it = await joining(['token.used', undefined]);
  const { againInMs = 0 } = await it.failed(1);
  assert.ok(againInMs > 20_000, `${againInMs}`);
  await writeFile(it.tokenFile, 'another one');
  // The watch may have to look by itself: its poll runs on the same clock.
  while (it.attempts() < 2) {
    it.clock.advance(1000);
    await turn();
    if (it.clock.monotonic() > 1_000_000 + againInMs) break;
  }
  await it.done;
  assert.ok(it.clock.monotonic() < 1_000_000 + againInMs, 'before the wait was over');
});

test('a pin that was mended counts at once', async () => {
  await using it = await joining(['join.pin-mismatch', undefined]);
  const { againInMs = 0 } = await it.failed(1);
  it.pins.push('sha256:right');
  await writeFile(join(it.folder, 'child.yaml'), 'join: …');
  while (it.attempts() < 2 && it.clock.monotonic() <= 1_000_000 + againInMs) {
    it.clock.advance(1000);
    await turn();
  }
  await it.done;
  assert.deepEqual(it.tried, ['', 'sha256:right']);
  assert.ok(it.clock.monotonic() < 1_000_000 + againInMs, 'before the wait was over');
});

test('an end in the middle of a wait', async () => {
  await using it = await joining(['join.clock', 'join.clock']);
  await it.failed(1);
  it.ending.abort();
  await assert.rejects(it.done, { name: 'AbortError' });
});

test('a token that can’t be deleted is no reason to join again', async () => {
  await using it = await joining(['join.token-stays']);
  await it.done;
  assert.equal(it.lines.at(-1)?.level, 'warn');
});
