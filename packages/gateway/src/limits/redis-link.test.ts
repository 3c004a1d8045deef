import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RedisModel } from '../model/middleware/rate-limit.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import type { RedisConnection } from './redis-client.ts';
import { RedisLink } from './redis-link.ts';

const model: RedisModel = {
  endpoints: [{ host: 'redis', port: 6379 }],
  username: 'ficus',
  password: 'open sesame',
  db: 0,
  answerMs: 300,
  dialMs: 500,
  denyOnError: false,
};

/** A Redis that does what a test says. */
class FakeRedis {
  readonly clock = new ManualClock();
  readonly log: string[] = [];
  opened = 0;
  open = 0;
  /** How attempts to connect end; undefined: they don't. */
  connects: 'well' | 'badly' | undefined = 'well';
  /** What the script says; undefined: nothing. */
  says: string | Error | undefined = '0.000';
  onError: (error: Error) => void = () => undefined;
  readonly link: RedisLink;

  constructor(more: Partial<RedisModel> = {}) {
    this.link = new RedisLink(
      { ...model, ...more },
      this.clock,
      (_, message, fields) => this.log.push(`${message} ${JSON.stringify(fields)}`),
      async (_, onError) => this.#connection(onError),
    );
  }

  #connection(onError: (error: Error) => void): RedisConnection {
    this.opened++;
    this.open++;
    this.onError = onError;
    const never = new Promise<never>(() => undefined);
    return {
      connect: () =>
        this.connects === 'well'
          ? Promise.resolve()
          : this.connects === 'badly'
            ? Promise.reject(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }))
            : never,
      take: () =>
        this.says === undefined
          ? never
          : this.says instanceof Error
            ? Promise.reject(this.says)
            : Promise.resolve(this.says),
      destroy: () => {
        this.open--;
      },
    };
  }

  take(): Promise<number | undefined> {
    return this.link.take('k', []);
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the link to Redis', () => {
  it('waits for the first connection, and says what the script says in milliseconds', async () => {
    const redis = new FakeRedis();
    assert.equal(await redis.take(), 0);
    redis.says = '-1500.000';
    assert.equal(await redis.take(), -1.5);
    assert.equal(redis.opened, 1);
    assert.deepEqual(redis.log, []);
  });

  it('when it cannot connect nobody waits, and it tries again after longer and longer pauses', async () => {
    const redis = new FakeRedis();
    redis.connects = 'badly';
    assert.equal(await redis.take(), undefined);
    assert.equal(await redis.take(), undefined);
    assert.deepEqual(redis.log, [
      'Redis does not answer: the rate limit holds in this gateway alone {"redis":"redis:6379","error":"ECONNREFUSED"}',
    ]);
    const pauses = [250, 500, 1000, 2000, 4000, 5000, 5000];
    for (const [i, pause] of pauses.entries()) {
      redis.clock.advance(pause - 1);
      await turn();
      assert.equal(redis.opened, i + 1);
      redis.clock.advance(1);
      await turn();
      assert.equal(redis.opened, i + 2, `after ${pause}`);
    }
    redis.connects = 'well';
    redis.clock.advance(5000);
    await turn();
    assert.equal(await redis.take(), 0);
    assert.equal(redis.open, 1);
    assert.equal(
      redis.log[1],
      'Redis answers again: the rate limit holds over all gateways {"redis":"redis:6379","requests":2}',
    );
    assert.equal(redis.log.length, 2);
  });

  it('waits for an answer only so long, and then for none until it is connected anew', async () => {
    const redis = new FakeRedis();
    assert.equal(await redis.take(), 0);
    redis.says = undefined;
    redis.connects = undefined;
    const waiting = redis.take();
    await turn();
    redis.clock.advance(300);
    assert.equal(await waiting, undefined);
    assert.equal(await redis.take(), undefined);
    redis.clock.advance(250);
    await turn();
    assert.equal(await redis.take(), undefined, 'it connects, and hangs at that');
    redis.clock.advance(500);
    await turn();
    assert.equal(redis.open, 0);
    redis.connects = 'well';
    redis.says = '0.000';
    redis.clock.advance(500);
    await turn();
    assert.equal(await redis.take(), 0);
  });

  it('notices that its connection is lost, and that Redis refuses', async () => {
    const redis = new FakeRedis({ denyOnError: true });
    assert.equal(await redis.take(), 0);
    redis.onError(Object.assign(new Error('read'), { code: 'ECONNRESET' }));
    assert.equal(await redis.take(), undefined);
    assert.match(
      redis.log[0] ?? '',
      /^Redis does not answer: requests under its rate limit are refused .*ECONNRESET/,
    );
    redis.clock.advance(250);
    await turn();
    assert.equal(await redis.take(), 0);
    for (const answer of [new Error('NOPERM this user has no permissions'), 'nonsense']) {
      redis.says = answer;
      assert.equal(await redis.take(), undefined);
      redis.says = '0.000';
      redis.clock.advance(250);
      await turn();
      assert.equal(await redis.take(), 0);
    }
    assert.match(redis.log[2] ?? '', /NOPERM/);
    assert.match(redis.log[4] ?? '', /it did not answer with a number/);
    assert.doesNotMatch(redis.log.join('\n'), /open sesame/);
  });

  it('lets go of a connection that nobody uses, and opens another for who does', async () => {
    const redis = new FakeRedis();
    assert.equal(await redis.take(), 0);
    redis.clock.advance(299_000);
    assert.equal(await redis.take(), 0);
    redis.clock.advance(299_000);
    assert.equal(redis.open, 1);
    redis.clock.advance(301_000);
    assert.equal(redis.open, 0);
    assert.equal(await redis.take(), 0);
    assert.equal(redis.opened, 2);
    redis.link[Symbol.dispose]();
    assert.equal(redis.open, 0);
  });
});
