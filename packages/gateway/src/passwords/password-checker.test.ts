import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ManualClock } from '../testing/manual-clock.ts';
import { type Credentials, PasswordChecker, type Waiter } from './password-checker.ts';
import type { PasswordHash } from './password-hash.ts';

const hash: PasswordHash = { kind: 'sha1', text: '{SHA}a' };

const credentials = (password: string, more: Partial<Credentials> = {}): Credentials => ({
  user: 'u',
  password: Buffer.from(password),
  hash,
  real: true,
  ...more,
});

/** A checker whose checks end when the test says so; `right` is right. */
function controlled() {
  const clock = new ManualClock();
  const running: { password: string; end: (fails?: boolean) => Promise<void> }[] = [];
  const checker = new PasswordChecker(clock, (password) => {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    const end = async (fails = false) => {
      running.splice(running.indexOf(entry), 1);
      if (fails) reject(new Error('no binary'));
      else resolve(entry.password.startsWith('right'));
      await new Promise((done) => setImmediate(done));
    };
    const entry = { password: String(password), end };
    running.push(entry);
    return promise;
  });
  const ask = (asked: Credentials, address = '192.0.2.1') => {
    const verdicts: boolean[] = [];
    const waiter: Waiter = { checked: (right) => verdicts.push(right) };
    const key = checker.keyOf(asked);
    return { verdicts, key, waiter, taken: checker.check(key, asked, address, waiter) };
  };
  return { clock, running, checker, ask };
}

describe('password checker', () => {
  test('remembers right ones for ten minutes, wrong ones for one', async () => {
    const { clock, running, checker, ask } = controlled();
    const right = ask(credentials('right'));
    const wrong = ask(credentials('wrong'));
    await running[0]?.end();
    await running[0]?.end();
    assert.deepEqual([right.verdicts, wrong.verdicts], [[true], [false]]);
    assert.deepEqual([checker.known(right.key), checker.known(wrong.key)], [true, false]);
    clock.advance(60_000);
    assert.deepEqual([checker.known(right.key), checker.known(wrong.key)], [true, undefined]);
    clock.advance(9 * 60_000);
    assert.equal(checker.known(right.key), undefined);
  });

  test('another password, user or hash is another question', () => {
    const { checker } = controlled();
    const keys = [
      credentials('a'),
      credentials('b'),
      credentials('a', { user: 'v' }),
      credentials('a', { hash: { kind: 'sha1', text: '{SHA}b' } }),
      // Somebody who was there with a hash that somebody else still has.
      credentials('a', { real: false }),
    ].map((each) => checker.keyOf(each));
    assert.equal(new Set(keys).size, 5);
    assert.notEqual(keys[0], controlled().checker.keyOf(credentials('a')), 'keys of two processes');
  });

  test('the right password of somebody who is not there is wrong', async () => {
    const { running, ask } = controlled();
    const asked = ask(credentials('right', { real: false }));
    await running[0]?.end();
    assert.deepEqual(asked.verdicts, [false]);
  });

  test('equal checks are done once, two run at a time', async () => {
    const { running, ask } = controlled();
    const all = [
      ask(credentials('right 1')),
      ask(credentials('right 1')),
      ask(credentials('right 2')),
      ask(credentials('right 3')),
    ];
    assert.deepEqual(
      running.map(({ password }) => password),
      ['right 1', 'right 2'],
    );
    await running[0]?.end();
    assert.deepEqual(
      all.map(({ verdicts }) => verdicts),
      [[true], [true], [], []],
    );
    assert.deepEqual(
      running.map(({ password }) => password),
      ['right 2', 'right 3'],
    );
  });

  test('one address has eight under way, all together sixty-four', async () => {
    const { running, ask } = controlled();
    const taken = Array.from({ length: 9 }, (_, i) => ask(credentials(`wrong ${i}`)).taken);
    assert.deepEqual(taken, [...Array(8).fill(true), false]);
    const others = Array.from(
      { length: 57 },
      (_, i) => ask(credentials(`wrong x${i}`), `192.0.2.${2 + (i >> 3)}`).taken,
    );
    assert.equal(others.filter(Boolean).length, 56);
    assert.equal(ask(credentials('right'), '198.51.100.1').taken, false);
    await running[0]?.end();
    assert.equal(ask(credentials('right'), '198.51.100.1').taken, true);
  });

  test('a check nobody waits for any more is not begun', async () => {
    const { running, checker, ask } = controlled();
    ask(credentials('wrong 1'));
    ask(credentials('wrong 2'));
    const left = ask(credentials('wrong 3'));
    checker.forget(left.key, left.waiter);
    await running[0]?.end();
    assert.deepEqual(
      running.map(({ password }) => password),
      ['wrong 2'],
    );
    assert.equal(ask(credentials('wrong 3')).taken, true);
  });

  test('a check that fails lets nobody in, and is not remembered', async () => {
    const { running, checker, ask } = controlled();
    const asked = ask(credentials('right'));
    await running[0]?.end(true);
    assert.deepEqual([asked.verdicts, checker.known(asked.key)], [[false], undefined]);
  });

  test('what is remembered is bounded, and wrong ones push out no right one', async () => {
    const { running, checker, ask } = controlled();
    const right = ask(credentials('right'));
    await running[0]?.end();
    const first = ask(credentials('wrong'));
    await running[0]?.end();
    for (let i = 0; i < 4096; i++) {
      ask(credentials(`wrong ${i}`));
      await running[0]?.end();
    }
    assert.deepEqual([checker.known(right.key), checker.known(first.key)], [true, undefined]);
  });
});
